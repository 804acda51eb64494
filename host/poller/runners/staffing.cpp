#include "poller/runners/staffing.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kBusyTime = 1s;
constexpr auto kBreath = 100ms;  // between two runs, while the broker is asked for the next
constexpr auto kIdleTime = 60s;

}  // namespace

bool Staffing::wants_more(MonotonicTime now, int runners, bool are_all_busy, bool is_any_waiting) {
  if (!are_all_busy || runners >= range_.most) {
    if (!idle_since_) idle_since_ = now;
    return false;
  }
  const bool was_idle = idle_since_ && now - *idle_since_ >= kBreath;
  idle_since_.reset();
  if (was_idle || !busy_since_) {
    busy_since_ = now;
    has_waited_ = false;
  }
  has_waited_ |= is_any_waiting;
  if (!has_waited_ || now - *busy_since_ < kBusyTime) return false;
  busy_since_ = now;
  has_waited_ = false;
  return true;
}

bool Staffing::wants_fewer(MonotonicTime now, int runners, MonotonicTime idle_since) const {
  return runners > range_.least && now - idle_since >= kIdleTime;
}

}  // namespace actiond
