#include "broker/sqlite/alarm.hpp"

#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

namespace actiond {

Result<Alarm> Alarm::open(const action::Bell& bell) {
  UniqueFd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!watch) return errno_error("watch", bell.path());
  // Closed by one that was killed: what it had in hand is to be taken over.
  if (::inotify_add_watch(watch.get(), bell.path().c_str(), IN_MODIFY | IN_CLOSE_WRITE) < 0)
    return errno_error("watch", bell.path());
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  if (!timer) return errno_error("make a timer");
  return Alarm(std::move(watch), std::move(timer));
}

void Alarm::set(MonotonicTime when) {
  if (when == set_to_) return;
  set_to_ = when;
  const auto ns = std::max<std::int64_t>(1, when.time_since_epoch() / std::chrono::nanoseconds(1));
  const itimerspec time{{}, {ns / 1'000'000'000, ns % 1'000'000'000}};
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &time, nullptr);
}

void Alarm::silence() {
  char events[4096];
  while (::read(bell_.get(), events, sizeof events) > 0) {
  }
  std::uint64_t expirations = 0;
  if (::read(timer_.get(), &expirations, sizeof expirations) > 0) set_to_ = {};
}

}  // namespace actiond
