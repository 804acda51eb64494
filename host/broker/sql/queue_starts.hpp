// Where in each queue to begin to read: behind what was taken last, since the server walks through
// all that was deleted before. From the very beginning again once a second, for what was given back
// or committed late. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/clock.hpp"
#include "broker/broker.hpp"

namespace actiond {

// Before whatever anybody wrote.
inline constexpr std::int64_t kBeginning = std::numeric_limits<std::int64_t>::min();

class QueueStarts {
 public:
  explicit QueueStarts(std::size_t queues) : from_ms_(queues, kBeginning) {}

  // The due times to begin at, of each queue; valid until the next call.
  const std::vector<std::int64_t>& at(MonotonicTime now) {
    if (now >= next_start_) {
      std::fill(from_ms_.begin(), from_ms_.end(), kBeginning);
      next_start_ = now + kFromTheStart;
    }
    return from_ms_;
  }
  // The next time from the very beginning.
  void restart() { next_start_ = {}; }
  // What is due earlier has been taken.
  void taken(QueueIndex queue, std::int64_t last_due_ms) { from_ms_[queue] = last_due_ms; }

 private:
  static constexpr std::chrono::seconds kFromTheStart{1};

  std::vector<std::int64_t> from_ms_;
  MonotonicTime next_start_{};
};

}  // namespace actiond
