// The two clocks, and local time as the log shows it. Deadlines and waits are monotonic; what
// leaves the process (log, messages) is wall-clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace actiond {

using MonotonicTime = std::chrono::steady_clock::time_point;

// Never jumps; means nothing in another process of another boot.
inline MonotonicTime monotonic_now() {
  return std::chrono::steady_clock::now();
}

// Milliseconds since 1970-01-01 UTC.
std::int64_t wall_now_ms();

// "2026-11-23 18:15:40.123" in the process's time zone.
std::string format_local_time(std::int64_t wall_ms);

// "2026-11-23T18:15:40.123+01:00" in the process's time zone.
std::string format_rfc3339(std::int64_t wall_ms);

enum class TimeStyle { Local, Rfc3339 };

// The same texts for a caller who writes many a second: the calendar is asked once a second.
class TimeText {
 public:
  explicit TimeText(TimeStyle style) : style_(style) {}

  // Valid until the next call.
  std::string_view at(std::int64_t wall_ms);

 private:
  void format_second(std::int64_t second);

  TimeStyle style_;
  std::int64_t second_ = INT64_MIN;
  char text_[64];
  std::size_t size_ = 0;
  std::size_t ms_at_ = 0;
};

}  // namespace actiond
