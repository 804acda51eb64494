// For how long an event has waited before it ran: from when it was queued, or its delay was over.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "client/message.hpp"

namespace actiond {

// Since when it has, 1970 UTC; 0: nobody told.
inline std::int64_t waiting_since_ms(const action::Message& message) {
  const auto& trail = message.trail;
  const auto queued_ms = trail.queued_at_ms > 0 ? trail.queued_at_ms : message.enqueued_at_s * 1000;
  return std::max(queued_ms, trail.delayed_until_ms);
}

// Of a run that took `run` and ended at `now_ms`, since 1970 UTC. Clocks of other machines may be
// off: below zero is none. Negative if nobody told when the event was queued.
inline std::chrono::milliseconds waiting_time(const action::Message& message,
                                              std::chrono::nanoseconds run, std::int64_t now_ms) {
  const auto since_ms = waiting_since_ms(message);
  if (since_ms <= 0) return std::chrono::milliseconds(-1);
  const auto begun_ms = now_ms - run / std::chrono::milliseconds(1);
  return std::chrono::milliseconds(std::max<std::int64_t>(0, begun_ms - since_ms));
}

}  // namespace actiond
