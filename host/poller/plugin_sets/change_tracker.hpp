// When is a changed directory worth a look? Once it has been at rest for a moment, so that a copy
// in the making is not taken for its result. Pure.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "base/clock.hpp"

namespace actiond {

class ChangeTracker {
 public:
  // `look` is how it looked when it was last taken up.
  ChangeTracker(std::string look, std::chrono::milliseconds rest)
      : taken_(look), last_(std::move(look)), rest_(rest) {}

  // It looks like this now. True, once for each change: it looks otherwise than when it was last
  // taken up, and has been at rest.
  bool saw(std::string look, MonotonicTime now) {
    if (look != last_) {
      if (is_at_rest()) restless_since_ = now;
      last_ = std::move(look);
      since_ = now;
    }
    if (is_at_rest() || now - since_ < rest_) return false;
    taken_ = last_;
    return true;
  }

  // Nothing waits for its rest.
  bool is_at_rest() const { return last_ == taken_; }
  // For how long something has.
  std::chrono::nanoseconds unrest(MonotonicTime now) const {
    return is_at_rest() ? std::chrono::nanoseconds(0) : now - restless_since_;
  }

 private:
  std::string taken_;
  std::string last_;
  std::chrono::milliseconds rest_;
  MonotonicTime since_{};
  MonotonicTime restless_since_{};
};

}  // namespace actiond
