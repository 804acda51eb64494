#include "poller/plugin_sets/change_tracker.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("change tracker: what is at rest and looks otherwise is a change, once") {
  const MonotonicTime zero{};
  ChangeTracker tracker("one", 300ms);
  CHECK_FALSE(tracker.saw("one", zero));
  CHECK(tracker.is_at_rest());
  CHECK_FALSE(tracker.saw("two", zero + 1s));
  CHECK_FALSE(tracker.is_at_rest());
  CHECK_FALSE(tracker.saw("two", zero + 1299ms));
  CHECK_FALSE(tracker.saw("three", zero + 1300ms));  // still being written
  CHECK_FALSE(tracker.saw("three", zero + 1500ms));
  CHECK(tracker.saw("three", zero + 1600ms));
  CHECK_FALSE(tracker.saw("three", zero + 3s));
  CHECK(tracker.is_at_rest());
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
  CHECK(tracker.is_at_rest());
}
