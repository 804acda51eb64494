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

using WallTime = std::chrono::system_clock::time_point;
// Finer than a message has it: what is sent a moment after it was queued must not wait a tick more.
using DueTime = std::chrono::sys_time<std::chrono::microseconds>;

// When a delay that begins now is over; all that is later than the year 9999 is its end. Rounded
// up, as all due times are, while the clock that they are compared with is rounded down: nothing
// is early.
inline DueTime due_at(std::chrono::milliseconds delay, WallTime now) {
  const auto begin = std::chrono::ceil<std::chrono::microseconds>(now);
  const auto longest = DueTime(std::chrono::milliseconds(kLastTime_ms)) - begin;
  return begin + std::min(delay, std::chrono::floor<std::chrono::milliseconds>(longest));
}

inline std::int64_t in_whole_ms(DueTime due) {
  return std::chrono::ceil<std::chrono::milliseconds>(due.time_since_epoch()).count();
}

// The same, since 1970 UTC, as messages and queue files have it.
inline std::int64_t due_at_ms(std::chrono::milliseconds delay, WallTime now) {
  return in_whole_ms(due_at(delay, now));
}

// When an event expires, since 1970 UTC, that is to run at `begin`; 0: never, as without `expires`.
inline std::int64_t expires_at_ms(std::chrono::milliseconds expires, WallTime begin) {
  return expires.count() > 0 ? due_at_ms(expires, begin) : 0;
}

// How long it still is until then; 0 or less: it is over.
inline std::chrono::milliseconds wait_for(DueTime due, WallTime now) {
  return std::chrono::ceil<std::chrono::milliseconds>(
      due - std::chrono::floor<std::chrono::microseconds>(now));
}

// The trip with which a delay begins, or the rest of one goes on.
inline DelayTrip next_trip(std::chrono::milliseconds delay, WallTime now) {
  if (delay <= kLongestDelay) return {delay, 0};
  return {kLongestDelay - kDelayReserve, due_at_ms(delay, now)};
}

// How long an event that has come is still to wait; 0 if it may run. `due_at_ms` as in its Trail.
inline std::chrono::milliseconds rest_of_delay(std::int64_t due_at_ms, std::int64_t now_ms) {
  const std::chrono::milliseconds rest(due_at_ms - now_ms);
  return due_at_ms > 0 && rest > kEarliness ? rest : std::chrono::milliseconds(0);
}

// Now, since 1970 UTC, as due times are compared with it: rounded down.
inline std::int64_t now_for_delays_ms() {
  using namespace std::chrono;
  return floor<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace action
