#include "poller/watchdog.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/fd.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr Watchdog::Time kMostAsleep = 50ms;

// How long this thread was ready and another one ran: the second number.
Watchdog::Time time_in_line(int schedstat) {
  char text[128];
  const ssize_t size = ::pread(schedstat, text, sizeof text - 1, 0);
  if (size <= 0) return 0ns;
  text[size] = '\0';
  unsigned long long ran = 0, waited = 0;
  return std::sscanf(text, "%llu %llu", &ran, &waited) == 2 ? Watchdog::Time(waited) : 0ns;
}

Watchdog::Time time_at_work() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Watchdog::Clocks Watchdog::this_thread() {
  auto file =
      std::make_shared<UniqueFd>(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
  return {[] { return Time(monotonic_now().time_since_epoch()); },
          [file] { return time_at_work() + time_in_line(file->get()); }};
}

Watchdog::Clocks Watchdog::in_debug_build() {
#ifdef NDEBUG
  return {};
#else
  return this_thread();
#endif
}

void Watchdog::begin(const char* part) {
  if (!clocks_.passed) return;
  awake_before_ = clocks_.awake();
  begun_ = part_begun_ = clocks_.passed();
  longest_time_ = 0ns;
  part_ = part;
}

void Watchdog::at(const char* part) {
  if (!clocks_.passed) return;
  close_part();
  part_ = part;
}

void Watchdog::end() {
  if (!clocks_.passed) return;
  close_part();
  const Time asleep = clocks_.passed() - begun_ - (clocks_.awake() - awake_before_);
  if (asleep <= kMostAsleep) return;
  log_.warning("a turn of the loop stood still for {} ms, for the most part in {}", asleep / 1ms,
               longest_);
}

void Watchdog::close_part() {
  const Time now = clocks_.passed();
  const Time time = now - std::exchange(part_begun_, now);
  if (time <= longest_time_) return;
  longest_time_ = time;
  longest_ = part_;
}

}  // namespace actiond
