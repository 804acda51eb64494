// Whether an event ends one runner after the other though nothing tells that it had begun: it would
// come again for ever, and hold up all behind it. Pure.
#pragma once

#include <cstdint>

namespace actiond {

class NextInLine {
 public:
  // A runner died that had begun nothing of what it was handed, and this event (see mark_of) was
  // next. True: it was next so often in a row that it is taken to have begun.
  bool died(std::uint64_t mark) {
    deaths_ = mark == mark_ ? deaths_ + 1 : 1;
    mark_ = mark;
    return deaths_ >= kMostDeaths;
  }
  // A run has ended: what was before says nothing any more.
  void worked() { deaths_ = 0; }

 private:
  static constexpr int kMostDeaths = 3;

  std::uint64_t mark_ = 0;
  int deaths_ = 0;
};

}  // namespace actiond
