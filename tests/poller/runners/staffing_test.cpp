#include "poller/runners/staffing.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace actiond;
using namespace std::chrono_literals;

namespace {

MonotonicTime at(std::chrono::milliseconds time) {
  return MonotonicTime(1h + time);
}

}  // namespace

TEST_CASE("staffing: one more when all were busy for a second and something waited") {
  struct Look {
    std::chrono::milliseconds time;
    bool are_all_busy, is_any_waiting, wants_more;
  };
  const struct {
    const char* what;
    std::vector<Look> looks;
  } rows[] = {
      {"all busy, and something waits all the time",
       {{0ms, true, true, false},
        {999ms, true, true, false},
        {1000ms, true, true, true},
        {1001ms, true, true, false},
        {1999ms, true, true, false},
        {2000ms, true, true, true}}},
      {"it was given back since", {{0ms, true, true, false}, {1000ms, true, false, true}}},
      {"nothing waits", {{0ms, true, false, false}, {5000ms, true, false, false}}},
      {"what waits came late", {{0ms, true, false, false}, {5000ms, true, true, true}}},
      {"one drew breath in between",
       {{0ms, true, true, false},
        {500ms, false, true, false},
        {599ms, true, true, false},
        {1000ms, true, true, true}}},
      {"one was idle in between",
       {{0ms, true, true, false},
        {500ms, false, true, false},
        {600ms, true, true, false},
        {1599ms, true, true, false},
        {1600ms, true, true, true}}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Staffing staffing({1, 16});
    for (const auto& look : row.looks)
      CHECK(staffing.wants_more(at(look.time), 1, look.are_all_busy, look.is_any_waiting) ==
            look.wants_more);
  }
}

TEST_CASE("staffing: never more than the most, never fewer than the least") {
  Staffing staffing({2, 4});
  CHECK_FALSE(staffing.wants_more(at(0s), 4, true, true));
  CHECK_FALSE(staffing.wants_more(at(5s), 4, true, true));
  CHECK_FALSE(staffing.wants_fewer(at(1h), 2, at(0s)));
  CHECK_FALSE(staffing.wants_fewer(at(59'999ms), 3, at(0s)));
  CHECK(staffing.wants_fewer(at(60s), 3, at(0s)));
}
