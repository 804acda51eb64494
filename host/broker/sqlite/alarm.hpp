// Wakes a loop that waits for a queue file: when the bell rings (inotify), and at a given time.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "client/sqlite/bell.hpp"

namespace actiond {

class Alarm {
 public:
  // Fails if the bell's file is gone, or the process or its user has no descriptors or inotify
  // instances left.
  static Result<Alarm> open(const action::Bell& bell);

  // Readable when the bell has rung, and when the time has come.
  std::vector<int> descriptors() const { return {bell_.get(), timer_.get()}; }
  // Becomes readable at that time; a later call takes its place.
  void set(MonotonicTime when);
  // Both are silent again until there is something new.
  void silence();

 private:
  Alarm(UniqueFd bell, UniqueFd timer) : bell_(std::move(bell)), timer_(std::move(timer)) {}

  UniqueFd bell_, timer_;
  MonotonicTime set_to_{};  // the epoch: not set
};

}  // namespace actiond
