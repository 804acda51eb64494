#include "poller/delivery/pace.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace std::chrono_literals;

namespace {
Pace after(std::chrono::nanoseconds each, int runners = 1) {
  Pace pace(std::nullopt, runners);
  for (int i = 0; i < 200; ++i) pace.ran(each);
  return pace;
}
}  // namespace

TEST_CASE("pace: about 5 ms of work is held besides what runs, 1 ms is in a runner's pipe") {
  const struct {
    std::chrono::nanoseconds each;
    int prefetch;
    std::size_t pipe;
  } rows[] = {{1us, 256, 64}, {10us, 256, 64}, {50us, 101, 20}, {1ms, 6, 1},
              {5ms, 2, 1},    {9ms, 2, 1},     {10ms, 1, 1},    {1h, 1, 1}};
  for (const auto& row : rows) {
    CAPTURE(row.each.count());
    CHECK(after(row.each).prefetch() == row.prefetch);
    CHECK(after(row.each).pipe_depth() == row.pipe);
  }
}

TEST_CASE("pace: no more is held than the broker would have, and never more than 5 ms of work") {
  for (const auto& [each, prefetch] : {std::pair(1us, 1024), {10us, 501}, {5ms, 2}}) {
    Pace pace = after(each);
    pace.may_hold(1024);
    CHECK(pace.prefetch() == prefetch);
  }
}

TEST_CASE("pace: every runner needs one, whatever was configured") {
  CHECK(after(1s, 8).prefetch() == 8);
  CHECK(Pace(3, 8).prefetch() == 8);
  CHECK(Pace(30, 8).prefetch() == 30);
}

TEST_CASE("pace: where there may be more runners one more is asked for") {
  Pace pace = after(1s);
  pace.staffed(2, true);
  CHECK(pace.prefetch() == 3);
  pace.staffed(4, false);
  CHECK(pace.prefetch() == 4);
}

TEST_CASE("pace: of a replicated queue nothing is taken at first that no runner can begin") {
  Pace pace(std::nullopt, 2, action::QueueType::Quorum);
  CHECK(Pace(std::nullopt, 2).prefetch() == 16);
  CHECK(pace.prefetch() == 2);
  pace.ran(1ms);
  CHECK(pace.prefetch() == 12);
}

TEST_CASE("pace: a slow run is believed sooner than a fast one") {
  Pace slower = after(10us);
  slower.ran(100ms);
  CHECK(slower.pipe_depth() == 1);
  Pace faster = after(100ms);
  faster.ran(10us);
  CHECK(faster.pipe_depth() == 1);
}

TEST_CASE("pace: a consumer is made anew only if it is far off") {
  const Pace pace = after(50us);  // wants 100
  CHECK_FALSE(pace.is_off(100));
  CHECK_FALSE(pace.is_off(60));
  CHECK(pace.is_off(49));
  CHECK(pace.is_off(256));
}

TEST_CASE("pace: until something ran, little is held and nothing is piped") {
  const Pace pace(std::nullopt, 1);
  CHECK(pace.prefetch() == 16);
  CHECK(pace.pipe_depth() == 1);
}

TEST_CASE("pace: consumers are not made anew twice within 20 ms") {
  Pace pace(std::nullopt, 1);
  pace.ran(1us);
  const MonotonicTime now(1h);
  CHECK_FALSE(pace.is_to_be_adjusted(256, now));
  CHECK(pace.is_to_be_adjusted(16, now));
  CHECK_FALSE(pace.is_to_be_adjusted(16, now + 19ms));
  CHECK(pace.is_to_be_adjusted(16, now + 20ms));
}

TEST_CASE("pace: what is held up is asked for besides, and not each one makes consumers anew") {
  Pace pace = after(1s);
  const struct {
    std::size_t held_up;
    int prefetch;
  } rows[] = {{0, 1}, {1, 2}, {3, 5}, {4, 5}, {5, 9}, {1000, 1025}, {1 << 20, 1025}};
  for (const auto& row : rows) {
    pace.held_up(row.held_up);
    CHECK(pace.prefetch() == row.prefetch);
    CHECK(pace.usual_prefetch() == 1);
  }
  Pace most(65535, 1);
  most.held_up(1);
  CHECK(most.prefetch() == 65535);
}

TEST_CASE("pace: consumers that what is held up might fill are made anew at once") {
  Pace pace = after(1s);
  const auto now = MonotonicTime(1h);
  pace.held_up(1);
  CHECK(pace.is_to_be_adjusted(1, now));
  CHECK_FALSE(pace.is_to_be_adjusted(2, now));
  pace.held_up(2);
  CHECK(pace.is_to_be_adjusted(2, now));
  pace.held_up(0);
  CHECK_FALSE(pace.is_to_be_adjusted(2, now + 1s));  // nor are they for one more
  Pace wide(std::nullopt, 1);
  wide.held_up(8);
  CHECK_FALSE(wide.is_to_be_adjusted(16, now));
}
