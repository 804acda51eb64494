#include "poller/delivery/delivery.hpp"

#include <cassert>

namespace actiond {
namespace {
constexpr std::size_t kMostKept = 1024;
constexpr std::size_t kLargestKeptBody = 64 * 1024;
}  // namespace

DeliveryPointer DeliveryPool::get() {
  if (free_.empty()) return {new Delivery, Return{this}};
  Delivery* delivery = free_.back().release();
  free_.pop_back();
  return {delivery, Return{this}};
}

void DeliveryPool::take_back(Delivery* delivery) {
  std::unique_ptr<Delivery> owned(delivery);
  assert(owned->is_settled && "a delivery must be settled before it goes");
  if (free_.size() >= kMostKept || owned->message.body.capacity() > kLargestKeptBody) return;
  // The message keeps its strings' memory; all else starts anew.
  static_cast<Course&>(*owned) = Course{};
  free_.push_back(std::move(owned));
}

}  // namespace actiond
