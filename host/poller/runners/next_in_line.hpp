// Whether an event ends one runner after the other though nothing tells that it had begun: it would
// come again for ever, and hold up all behind it. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

namespace actiond {

class NextInLine {
 public:
  // A runner died that had begun nothing of what it was handed, and this event (see mark_of) was
  // next. True: it has been that so often that it is taken to have begun.
  bool died(std::uint64_t mark) {
    auto found = find(mark);
    if (found == suspects_.end()) {
      if (suspects_.size() == kMostSuspects) suspects_.pop_front();
      suspects_.push_back({mark, 0});
      found = suspects_.end() - 1;
    }
    return ++found->deaths >= kMostDeaths;
  }
  // A run of it has ended.
  void ended(std::uint64_t mark) {
    if (const auto found = find(mark); found != suspects_.end()) suspects_.erase(found);
  }
  bool empty() const { return suspects_.empty(); }

 private:
  static constexpr int kMostDeaths = 3;
  static constexpr std::size_t kMostSuspects = 64;
  struct Suspect {
    std::uint64_t mark;
    int deaths;
  };

  std::deque<Suspect>::iterator find(std::uint64_t mark) {
    return std::ranges::find(suspects_, mark, &Suspect::mark);
  }

  std::deque<Suspect> suspects_;  // the one that was first at the front
};

}  // namespace actiond
