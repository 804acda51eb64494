#include "client/rabbitmq/delay.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kNow = 1'798'131'600'000;
constexpr auto kLongest = action::kLongestDelay;

constexpr action::WallTime time_of(std::int64_t ms) {
  return action::WallTime(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("delay: a delay is written in ticks, into the exchange of its highest bit") {
  const struct {
    std::chrono::milliseconds delay;
    int highest;
    std::string last_bits;
  } rows[] = {{1ms, 0, "0.0.0.1.due.high"},     {125ms, 0, "0.0.0.1.due.high"},
              {126ms, 1, "0.0.1.0.due.high"},   {1s, 3, "1.0.0.0.due.high"},
              {1001ms, 3, "1.0.0.1.due.high"},  {-5ms, 0, "0.0.0.1.due.high"},
              {kLongest, 27, "1.1.1.due.high"}, {2 * kLongest, 27, "1.1.1.due.high"}};
  for (const auto& row : rows) {
    CAPTURE(row.delay.count());
    const auto route = action::delay_route("shop", "high", row.delay);
    CHECK(route.exchange == "shop.delay.v1." + std::string(row.highest < 10 ? "0" : "") +
                                std::to_string(row.highest));
    CHECK(route.routing_key.ends_with(row.last_bits));
    CHECK(route.routing_key.size() == 2 * action::kDelayLevels + 8);
  }
}

TEST_CASE("delay: a key tells for which queue, and how long at most, wherever it is met") {
  const auto sent = action::delay_route("shop", "high", 1001ms).routing_key;  // 9 ticks
  const std::string bits = sent.substr(0, sent.find("due."));
  const struct {
    int level;
    std::string key, queue;
    std::chrono::milliseconds at_most;
  } rows[] = {{3, sent, "high", 1125ms},
              {0, sent, "high", 125ms},
              {3, bits + "high", "high", 1125ms},  // of an earlier version
              {3, bits + "1", "1", 1125ms},
              {0, "high", "high", 125ms},  // it was due, and its queue gone
              {0, "1", "1", 125ms},
              {0, "", "", 125ms}};
  for (const auto& row : rows) {
    CAPTURE(row.key);
    const auto rest = action::rest_of_route(row.level, row.key);
    CHECK(rest.queue == row.queue);
    CHECK(rest.at_most == row.at_most);
  }
}

TEST_CASE("delay: what is longer than the levels keep takes several trips") {
  const auto first = kLongest - 24h;
  const struct {
    std::chrono::milliseconds delay, trip;
    std::int64_t due_at_ms;
  } rows[] = {{1s, 1s, 0},
              {kLongest, kLongest, 0},
              {kLongest + 1ms, first, kNow + (kLongest + 1ms).count()},
              {std::chrono::years(10), first,
               kNow + std::chrono::milliseconds(std::chrono::years(10)).count()},
              {std::chrono::milliseconds::max(), first, action::kLastTime_ms}};
  for (const auto& row : rows) {
    CAPTURE(row.delay.count());
    const auto trip = action::next_trip(row.delay, time_of(kNow));
    CHECK(trip.delay == row.trip);
    CHECK(trip.due_at_ms == row.due_at_ms);
  }
}

TEST_CASE("delay: whatever the clock's fraction of a millisecond, nothing is due early") {
  for (const auto fraction : {0ns, 1ns, 400'000ns, 999'999ns}) {
    CAPTURE(fraction.count());
    const auto now = time_of(kNow) + fraction;
    const auto end = now + 600ms;
    CHECK(time_of(action::due_at_ms(600ms, now)) >= end);
    CHECK(time_of(action::due_at_ms(600ms, now)) < end + 1ms);
    CHECK(action::due_at(600ms, now) >= end);
    CHECK(action::due_at(600ms, now) < end + 1us);
    CHECK(action::due_at(std::chrono::milliseconds::max(), now) <=
          action::DueTime(std::chrono::milliseconds(action::kLastTime_ms)));
  }
}

TEST_CASE("delay: what is sent a moment after it was queued waits no tick more, nor one too few") {
  const auto now = time_of(kNow) + 400'300ns;
  const auto due = action::due_at(1s, now);
  CHECK(action::wait_for(due, now + 1us) == 1s);
  CHECK(action::wait_for(due, now + 600us) == 1s);
  CHECK(action::wait_for(due, now + 999'999'000ns) == 1ms);
  CHECK(action::wait_for(due, now + 1'000'001us) <= 0ms);
  CHECK(action::wait_for({}, now) < 0ms);
}

TEST_CASE("delay: an event that has come waits on if it is due in more than a minute") {
  const struct {
    std::int64_t due_at_ms;
    std::chrono::milliseconds rest;
  } rows[] = {{0, 0ms},
              {1, 0ms},
              {kNow - 5000, 0ms},
              {kNow, 0ms},
              {kNow + 60000, 0ms},
              {kNow + 60001, 60001ms},
              {kNow + 86400000, 24h},
              {action::kLastTime_ms, std::chrono::milliseconds(action::kLastTime_ms - kNow)}};
  for (const auto& row : rows) {
    CAPTURE(row.due_at_ms);
    CHECK(action::rest_of_delay(row.due_at_ms, kNow) == row.rest);
  }
}

TEST_CASE("delay: trips of ten years end when they should, the last one within the levels") {
  std::int64_t now = kNow;
  std::chrono::milliseconds rest = std::chrono::years(10);
  const std::int64_t due = kNow + rest.count();
  int trips = 0;
  for (; rest > 0ms && trips < 100; ++trips) {
    const auto trip = action::next_trip(rest, time_of(now));
    now += trip.delay.count();
    rest = action::rest_of_delay(trip.due_at_ms, now);
  }
  CHECK(now == due);
  CHECK(trips == 10);
}
