// A delivery's tag: a slot's number holds for its ring, a tag for all of a poller's. Pure.
#pragma once

#include <cstdint>

#include "broker/broker.hpp"

namespace actiond {

inline constexpr int kQueueBits = 16;

inline std::int64_t tag_of(std::int64_t slot, QueueIndex queue) {
  return slot << kQueueBits | static_cast<std::int64_t>(queue);
}

inline std::int64_t slot_of(std::int64_t tag) {
  return tag >> kQueueBits;
}

}  // namespace actiond
