// Deliveries that won't be tried again, and whose plugin is to hear of it (on_dead) before their
// dead letter is stored. They wait here for a runner, ahead of all that is to run.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "poller/delivery/delivery.hpp"

namespace actiond {

class LastWords {
 public:
  // A delivery whose last attempt has ended so. It keeps that outcome as its death.
  void await(DeliveryPointer delivery) {
    delivery->is_dying = true;
    delivery->has_ended = false;
    delivery->run = 0;
    delivery->death = delivery->outcome;
    waiting_.push_back(std::move(delivery));
  }
  // One that was taken back before its on_dead began.
  void put_back(DeliveryPointer delivery) { waiting_.push_front(std::move(delivery)); }
  // The next one; there must be one.
  DeliveryPointer next() {
    DeliveryPointer delivery = std::move(waiting_.front());
    waiting_.pop_front();
    return delivery;
  }
  std::size_t waiting() const { return waiting_.size(); }

  // Its on_dead has ended: its outcome is its death again, unless it was stopped, which is to come
  // again. Returns why its on_dead failed; empty: it did not.
  static std::string heard(Delivery& delivery) {
    delivery.is_dying = false;
    delivery.is_heard = delivery.outcome.ending != Ending::Stopped;
    if (delivery.outcome.ending == Ending::Stopped) return {};
    const bool is_done = delivery.outcome.ending == Ending::Done;
    std::string reason = is_done ? std::string() : std::move(delivery.outcome.reason);
    delivery.outcome = std::move(delivery.death);
    return reason;
  }

 private:
  std::deque<DeliveryPointer> waiting_;
};

}  // namespace actiond
