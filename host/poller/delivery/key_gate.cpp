#include "poller/delivery/key_gate.hpp"

namespace actiond {

void KeyGate::lost() {
  broker_ = nullptr;
  for (auto& [tag, delivery] : waiting_) delivery->is_settled = true;  // the broker's again
  waiting_.clear();
}

// If it can't be asked the connection is lost, and receive will say so.
void KeyGate::ask(DeliveryPointer delivery, BrokerListener& listener) {
  const Delivery& asked = *delivery;
  const std::pair tag(asked.queue, asked.tag);
  const Message& message = asked.message;
  waiting_.insert_or_assign(tag, std::move(delivery));
  (void)broker_->ask_for_key(tag.first, tag.second, message, listener).ok();
}

DeliveryPointer KeyGate::take(QueueIndex queue, std::uint64_t tag) {
  auto found = waiting_.extract({queue, tag});
  return found.empty() ? DeliveryPointer() : std::move(found.mapped());
}

}  // namespace actiond
