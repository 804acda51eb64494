// Tells when the loop stood still in one of its turns: it waited in a call for somebody else, which
// nothing in the loop may do. What counts is the time that its thread was asleep, so a busy machine
// is not to blame. For debug builds, and tests that look for its line.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "base/log.hpp"

namespace actiond {

class Watchdog {
 public:
  using Time = std::chrono::nanoseconds;
  // How much time has passed so far, and for how much of it a thread was at work or waited for a
  // processor.
  struct Clocks {
    std::function<Time()> passed;
    std::function<Time()> awake;
  };

  // `log` must outlive it. Without clocks it does nothing.
  Watchdog(Log& log, Clocks clocks) : log_(log), clocks_(std::move(clocks)) {}
  // Of the thread that calls it, by the kernel's accounts.
  static Clocks this_thread();
  // The same; none in a release build.
  static Clocks in_debug_build();

  // A turn begins, with this part; then comes another part; it is over.
  void begin(const char* part);
  void at(const char* part);
  void end();

 private:
  void close_part();

  Log& log_;
  Clocks clocks_;
  Time begun_{0};
  Time awake_before_{0};
  Time part_begun_{0};
  const char* part_ = "";
  const char* longest_ = "";
  Time longest_time_{0};
};

}  // namespace actiond
