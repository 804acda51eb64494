// When a runner that died is replaced: at once if it had worked, with growing patience if it never
// ran an event (then the environment is broken, not the event). Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace actiond {

class Respawn {
 public:
  // A runner ended an event: what comes now is a fresh start.
  void worked() { failures_ = 0; }

  // A runner died; returns how long to wait before the next one is born.
  std::chrono::milliseconds died(bool had_worked) {
    if (had_worked) failures_ = 0;
    if (failures_++ == 0) return std::chrono::milliseconds(0);
    return std::min(std::chrono::milliseconds(100) * (1 << std::min(failures_ - 2, 10)), kLongest);
  }

  static constexpr std::chrono::milliseconds kLongest{30000};

 private:
  int failures_ = 0;
};

}  // namespace actiond
