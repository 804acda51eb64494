// How a view moves its ring's head over what is finished, and leaves the ring.
#include <algorithm>
#include <iterator>
#include <span>
#include <string>

#include "broker/memcached/ring_view.hpp"

namespace actiond {

namespace mc = action::memcached;

void RingView::pass_over(std::uint64_t slot) {
  known_.erase(slot);
  passed_.push_back(slot);
}

Result<void> RingView::advance() {
  if (auto moved = move_head(); !moved) return moved;
  return look_behind();
}

Result<void> RingView::move_head() {
  const auto is_behind = [this](auto slot) { return slot < head_; };
  const auto first = known_.empty() ? next_ : std::min(next_, known_.begin()->first);
  if (first <= head_) {
    std::erase_if(passed_, is_behind);  // whoever moved it looks
    return {};
  }
  const auto ends = rings_.ends(std::span(&queue_, 1));
  if (!ends) return ends.error();
  if (ends->front().head >= first) return {};
  const auto moved = rings_.connection().run(
      mc::swap(rings_.key(queue_, "head"), std::to_string(first), ends->front().head_version));
  if (!moved) return moved.error();
  if (!moved->is("STORED")) return {};
  head_ = first;
  std::copy_if(passed_.begin(), passed_.end(), std::back_inserter(behind_), is_behind);
  std::erase_if(passed_, is_behind);
  return {};
}

// A slow producer that has filled one looks where the head is, and so one of both notices.
Result<void> RingView::look_behind() {
  const auto rest = behind_.size() - std::min(behind_.size(), kMostLookedAt);
  const auto found = rings_.read(queue_, std::span(behind_).subspan(rest));
  if (!found) return found.error();
  behind_.resize(rest);
  for (const auto& each : *found) known_[each.number] = {.state = State::Later};  // to be claimed
  return {};
}

Result<void> RingView::leave() {
  std::vector<std::int64_t> mine;
  for (const auto& [slot, known] : known_)
    if (known.state == State::Mine) mine.push_back(static_cast<std::int64_t>(slot));
  if (auto given = give_back(mine); !given) return given;
  // What a slow producer puts into one that was passed over is taken by whoever moves the head.
  return passed_.empty() ? move_head() : Result<void>();
}

}  // namespace actiond
