// How long to wait until the database is looked at again while nothing comes: a little at first,
// then longer and longer, and never as long as all others. Pure, but for its dice.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace actiond {

class LookPace {
 public:
  static constexpr std::chrono::milliseconds kShortest{10}, kLongest{250};
  static constexpr std::chrono::milliseconds kListening{1000};  // if the server tells of events

  // Something came.
  void found() { wait_ = kShortest; }
  // Nothing did; returns the wait.
  std::chrono::milliseconds found_nothing() {
    const auto spread = std::uniform_real_distribution<>{0.92, 1.04}(random_);
    const auto wait = std::chrono::milliseconds(
        std::max<long>(1, static_cast<long>(static_cast<double>(wait_.count()) * spread)));
    wait_ = std::min(wait_ + wait_ / 4, kLongest);
    return wait;
  }

 private:
  std::chrono::milliseconds wait_ = kShortest;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace actiond
