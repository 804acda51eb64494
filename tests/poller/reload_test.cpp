#include <doctest/doctest.h>

#include "poller/plugin_sets/change_tracker.hpp"
#include "poller/plugin_sets/probation.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("change tracker: what is at rest and looks otherwise is a change, once") {
  const MonotonicTime zero{};
  ChangeTracker tracker("one", 300ms);
  CHECK_FALSE(tracker.saw("one", zero));
  CHECK(tracker.is_settled());
  CHECK_FALSE(tracker.saw("two", zero + 1s));
  CHECK_FALSE(tracker.is_settled());
  CHECK_FALSE(tracker.saw("two", zero + 1299ms));
  CHECK_FALSE(tracker.saw("three", zero + 1300ms));  // still being written
  CHECK_FALSE(tracker.saw("three", zero + 1500ms));
  CHECK(tracker.saw("three", zero + 1600ms));
  CHECK_FALSE(tracker.saw("three", zero + 3s));
  CHECK(tracker.is_settled());
}

TEST_CASE("change tracker: unrest lasts from the first change to the rest") {
  const MonotonicTime zero{};
  ChangeTracker tracker("one", 300ms);
  CHECK(tracker.unrest(zero) == 0s);
  for (int i = 0; i <= 10; ++i)
    CHECK_FALSE(tracker.saw("look " + std::to_string(i), zero + i * 200ms));
  CHECK(tracker.unrest(zero + 2s) == 2s);
  CHECK(tracker.saw("look 10", zero + 2300ms));
  CHECK(tracker.unrest(zero + 2300ms) == 0s);
}

TEST_CASE("change tracker: what became again as it was is no change") {
  const MonotonicTime zero{};
  ChangeTracker tracker("one", 300ms);
  CHECK_FALSE(tracker.saw("two", zero + 1s));
  CHECK_FALSE(tracker.saw("one", zero + 1100ms));
  CHECK_FALSE(tracker.saw("one", zero + 2s));
  CHECK(tracker.is_settled());
}

TEST_CASE(
    "probation: crashes of what never ran to its end are the set's, until they are too many") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(3, 1min, zero);
  CHECK(probation.crashed("mail", zero + 1s));
  CHECK(probation.crashed("bill", zero + 2s));
  CHECK_FALSE(probation.is_failed());
  CHECK(probation.crashed("mail", zero + 3s));
  CHECK(probation.is_failed());
}

TEST_CASE("probation: an event that ran to its end is to blame for its own crash") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(1, 1min, zero);
  probation.ended("mail");
  CHECK_FALSE(probation.crashed("mail", zero + 1s));
  CHECK_FALSE(probation.is_failed());
  CHECK(probation.crashed("bill", zero + 1s));
  CHECK(probation.is_failed());
}

TEST_CASE("probation: what others have in hand when the set is given up is excused as well") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(1, 1min, zero);
  CHECK(probation.crashed("mail", zero + 1s));
  REQUIRE(probation.is_failed());
  CHECK(probation.crashed("mail", zero + 2s));
  CHECK(probation.is_failed());
  CHECK_FALSE(probation.crashed("mail", zero + 1min));
}

TEST_CASE("probation: it ends, and without one nothing is the set's") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(1, 1min, zero);
  CHECK_FALSE(probation.crashed("mail", zero + 1min));
  Probation none;
  CHECK_FALSE(none.crashed("mail", zero));
  CHECK_FALSE(none.is_failed());
}
