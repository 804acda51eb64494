// Deliveries with a unique key that wait for the broker's word, where its store does not keep keys:
// whether they have the key, or another has it, so that they are not to run.
#pragma once

#include <map>
#include <utility>

#include "poller/delivery/delivery.hpp"

namespace actiond {

class KeyGate {
 public:
  // A connection is there, or lost: then all that wait are forgotten.
  void connected(Broker& broker) { broker_ = &broker; }
  void lost();

  // It has a key that it has not asked for.
  bool is_closed_for(const Delivery& delivery) const {
    return !delivery.message.unique.key.empty() && !delivery.has_key && broker_ != nullptr &&
           !broker_->keeps_keys();
  }
  // The listener is told by on_key, perhaps before this returns.
  void ask(DeliveryPointer delivery, BrokerListener& listener);
  // The one that was asked for, which is no longer here; none if it was forgotten.
  DeliveryPointer take(QueueIndex queue, std::uint64_t tag);

 private:
  Broker* broker_ = nullptr;
  std::map<std::pair<QueueIndex, std::uint64_t>, DeliveryPointer> waiting_;
};

}  // namespace actiond
