// Is a new set of plugins worse than the one before it? For a while after it has taken over, a
// crash of an event that it has never run to its end is blamed on the set, not on the event; too
// many of them, and the set is given up. What other runners have in hand then is excused as well.
// Pure.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace actiond {

class Probation {
 public:
  // Not on probation: nothing is blamed on the set.
  Probation() = default;
  // So many crashes within so long end it.
  Probation(int crashes, std::chrono::milliseconds within, MonotonicTime since)
      : crashes_left_(crashes), until_(since + within) {}

  // The event was run to its end, whichever: this code can do it.
  void ended(std::string_view event) {
    if (is_on() && !proven_.contains(event)) proven_.emplace(event);
  }

  // A runner crashed in this event. True: that is the set's doing.
  bool crashed(std::string_view event, MonotonicTime now) {
    if (!is_on() || now >= until_ || proven_.contains(event)) return false;
    if (crashes_left_ > 0) --crashes_left_;
    return true;
  }

  // That was one crash too many.
  bool is_failed() const { return is_on() && crashes_left_ <= 0; }

 private:
  bool is_on() const { return until_ != MonotonicTime{}; }

  int crashes_left_ = 0;
  MonotonicTime until_{};
  std::set<std::string, std::less<>> proven_;
};

}  // namespace actiond
