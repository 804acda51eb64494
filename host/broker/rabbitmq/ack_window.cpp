#include "broker/rabbitmq/ack_window.hpp"

#include <cassert>

namespace actiond {

void AckWindow::delivered([[maybe_unused]] std::uint64_t tag) {
  assert(tag == first_ + states_.size());
  states_.push_back(State::Unsettled);
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
  for (; !states_.empty() && states_.front() != State::Unsettled; states_.pop_front(), ++first_)
    if (states_.front() == State::Acknowledged) last = first_;
  if (last > 0) acks.push_back({last, true});
  if (waiting_ == 0) return;
  // What lies behind an unsettled delivery can't be covered by `multiple`.
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i] != State::Acknowledged) continue;
    acks.push_back({first_ + i, false});
    states_[i] = State::Settled;
  }
  waiting_ = 0;
}

}  // namespace actiond
