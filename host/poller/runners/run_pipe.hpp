// The deliveries that a runner was handed and has not ended, in the order of their runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/ring.hpp"
#include "poller/delivery/delivery.hpp"

namespace actiond {

class RunPipe {
 public:
  bool empty() const { return deliveries_.empty(); }
  std::size_t size() const { return deliveries_.size(); }
  // Whether something of a queue behind `queue` waits: what is first may have begun.
  bool holds_lower_than(QueueIndex queue) const {
    for (std::size_t i = 1; i < deliveries_.size(); ++i)
      if (deliveries_[i]->queue > queue) return true;
    return false;
  }
  // The one with that run's number; nullptr if it isn't here.
  Delivery* find(std::uint64_t run) const {
    for (const auto& delivery : deliveries_)
      if (delivery->run == run) return delivery.get();
    return nullptr;
  }
  // The run that ends next; 0: none.
  std::uint64_t first_run() const { return empty() ? 0 : deliveries_[0]->run; }

  void for_each(const std::function<void(Delivery& delivery)>& visit) const {
    for (const auto& delivery : deliveries_) visit(*delivery);
  }

  void push(DeliveryPointer delivery) { deliveries_.push_back(std::move(delivery)); }
  // The one that ends next; there must be one.
  DeliveryPointer take_first() {
    DeliveryPointer delivery = std::move(deliveries_.front());
    deliveries_.pop_front();
    return delivery;
  }
  // The last one, if its run comes after that one; else none.
  DeliveryPointer take_last_after(std::uint64_t run) {
    if (empty() || deliveries_.back()->run <= run) return {nullptr, {nullptr}};
    DeliveryPointer delivery = std::move(deliveries_.back());
    deliveries_.pop_back();
    taken_back_ = std::max(taken_back_, std::exchange(delivery->run, 0));
    return delivery;
  }
  // Whether that run was handed to the runner that is there now, and taken back.
  bool was_taken_back(std::uint64_t run) const {
    return run <= taken_back_ && find(run) == nullptr;
  }
  // What comes is handed to another runner, which counts from 1.
  void begin_anew() { taken_back_ = 0; }
  // They are the broker's again.
  void abandon() {
    for (auto& delivery : deliveries_) delivery->is_settled = true;
    deliveries_.clear();
  }

 private:
  Ring<DeliveryPointer> deliveries_;
  std::uint64_t taken_back_ = 0;  // the last run that was
};

}  // namespace actiond
