// Which deliveries of one channel are settled, so that many acknowledgements travel as one. Tags
// of a channel count 1, 2, … over all of its deliveries (AMQP 0-9-1, 1.1 "delivery-tag").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/ring.hpp"

namespace actiond {

class AckWindow {
 public:
  struct Ack {
    std::uint64_t tag;
    bool multiple;  // the tag and all unsettled ones before it
    bool operator==(const Ack&) const = default;
  };

  // A delivery came. Tags must come in order, none left out.
  void delivered(std::uint64_t tag);
  // The last delivery is known by this hash of its id.
  void know(std::size_t id) { deliveries_.back().id = id; }
  // It is to be acknowledged with the next take_acks.
  void acknowledge(std::uint64_t tag);
  // It was settled by itself (given back) and needs no acknowledgement.
  void forget(std::uint64_t tag);

  // The fewest acknowledgements that settle all that was acknowledged since the last call. A
  // `multiple` one covers no delivery that is still unsettled.
  void take_acks(std::vector<Ack>& acks);

  bool has_acks() const { return waiting_ > 0; }
  std::size_t unsettled() const { return unsettled_; }
  std::uint64_t last() const { return first_ + deliveries_.size() - 1; }
  // Whether one that came no later than that tag is unsettled, and known by that hash.
  bool holds(std::size_t id, std::uint64_t last) const;

 private:
  enum class State : std::uint8_t { Unsettled, Acknowledged, Settled };
  struct Delivery {
    State state = State::Unsettled;
    std::size_t id = 0;
  };
  State& at(std::uint64_t tag) { return deliveries_[tag - first_].state; }

  Ring<Delivery> deliveries_;  // of the tags first_, first_ + 1, …
  std::uint64_t first_ = 1;
  std::size_t waiting_ = 0;
  std::size_t unsettled_ = 0;
};

}  // namespace actiond
