#include "statistics/retention.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("retention: a minute belongs to itself, to its hour, and to all") {
  constexpr std::int64_t kMinute = 29'000'000 + 59;
  CHECK(step_begin(kMinutes, kMinute) == kMinute * 60);
  CHECK(step_begin(kHours, kMinute) % 3600 == 0);
  CHECK(step_begin(kHours, kMinute) <= kMinute * 60);
  CHECK(step_begin(kHours, kMinute) + 3600 > kMinute * 60);
  CHECK(step_begin(kTotals, kMinute) == 0);
}

TEST_CASE("retention: minutes for 72 hours, hours for 400 days, unless told otherwise") {
  const StatisticsConfig config;
  CHECK(config.minutes == 72h);
  CHECK(config.hours == 400 * 24h);
  constexpr std::int64_t kNow_ms = 1'800'000'000'000;
  CHECK(oldest_kept(config.minutes, kNow_ms) == 1'800'000'000 - 72 * 3600);
}

TEST_CASE("retention: the finest step that reaches back so far is read") {
  const StatisticsConfig config;
  CHECK(step_for(1h, config) == kMinutes);
  CHECK(step_for(72h, config) == kMinutes);
  CHECK(step_for(73h, config) == kHours);
  CHECK(step_for(9h, {2h, 1h}) == kMinutes);
}
