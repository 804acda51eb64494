// The arithmetic of delays, for all that send an event to come back later. Pure.
//
// The levels of delay.hpp keep a message for kLongestDelay at most. What is due later goes round
// again: it carries its due time (Trail::due_at_ms), and whoever takes it before that sends it on.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace action {

inline constexpr int kDelayLevels = 28;
inline constexpr std::chrono::milliseconds kDelayTick{125};
inline constexpr std::chrono::milliseconds kLongestDelay = kDelayTick * ((1LL << kDelayLevels) - 1);

// A trip of several ends that much before the longest one could: what is left is never so short
// that the clocks of two machines disagree on whether it is over.
inline constexpr std::chrono::milliseconds kDelayReserve = std::chrono::hours(24);
// How far ahead an event may be due and run nevertheless: clocks differ.
inline constexpr std::chrono::milliseconds kEarliness = std::chrono::minutes(1);
inline constexpr std::int64_t kLastTime_ms = 253402300799'000;  // the end of the year 9999

struct DelayTrip {
  std::chrono::milliseconds delay{0};
  std::int64_t due_at_ms = 0;  // of the event, since 1970 UTC; 0: when the trip ends
};

// When a delay that begins now is over; all that is later than the year 9999 is its end.
inline std::int64_t due_at_ms(std::chrono::milliseconds delay, std::int64_t now_ms) {
  return now_ms + std::min<std::int64_t>(delay.count(), kLastTime_ms - now_ms);
}

// The trip with which a delay begins, or the rest of one goes on.
inline DelayTrip next_trip(std::chrono::milliseconds delay, std::int64_t now_ms) {
  if (delay <= kLongestDelay) return {delay, 0};
  return {kLongestDelay - kDelayReserve, due_at_ms(delay, now_ms)};
}

// How long an event that has come is still to wait; 0 if it may run. `due_at_ms` as in its Trail.
inline std::chrono::milliseconds rest_of_delay(std::int64_t due_at_ms, std::int64_t now_ms) {
  const std::chrono::milliseconds rest(due_at_ms - now_ms);
  return due_at_ms > 0 && rest > kEarliness ? rest : std::chrono::milliseconds(0);
}

// Now, since 1970 UTC, as due times count.
inline std::int64_t now_for_delays_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace action
