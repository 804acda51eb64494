#include "broker/rabbitmq/ack_window.hpp"

#include <cassert>

namespace actiond {

void AckWindow::delivered([[maybe_unused]] std::uint64_t tag) {
  assert(tag == first_ + deliveries_.size());
  deliveries_.push_back({});
  ++unsettled_;
}

void AckWindow::acknowledge(std::uint64_t tag) {
  assert(at(tag) == State::Unsettled);
  at(tag) = State::Acknowledged;
  ++waiting_;
  --unsettled_;
}

void AckWindow::forget(std::uint64_t tag) {
  assert(at(tag) == State::Unsettled);
  at(tag) = State::Settled;
  --unsettled_;
}

void AckWindow::take_acks(std::vector<Ack>& acks) {
  acks.clear();
  std::uint64_t last = 0;
  for (; !deliveries_.empty() && deliveries_.front().state != State::Unsettled;
       deliveries_.pop_front(), ++first_)
    if (deliveries_.front().state == State::Acknowledged) last = first_;
  if (last > 0) acks.push_back({last, true});
  if (waiting_ == 0) return;
  // What lies behind an unsettled delivery can't be covered by `multiple`.
  for (std::size_t i = 0; i < deliveries_.size(); ++i) {
    if (deliveries_[i].state != State::Acknowledged) continue;
    acks.push_back({first_ + i, false});
    deliveries_[i].state = State::Settled;
  }
  waiting_ = 0;
}

bool AckWindow::holds(std::size_t id, std::uint64_t last) const {
  for (std::size_t i = 0; i < deliveries_.size() && first_ + i <= last; ++i)
    if (deliveries_[i].state == State::Unsettled && deliveries_[i].id == id) return true;
  return false;
}

}  // namespace actiond
