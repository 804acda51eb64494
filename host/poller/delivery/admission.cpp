#include "poller/delivery/admission.hpp"

#include <fmt/format.h>

#include "client/delay_trip.hpp"

namespace actiond {

std::optional<Outcome> ends_without_run(const Delivery& delivery, const EventPolicy& policy,
                                        std::int64_t wall_now_ms) {
  // A delay longer than the broker's delay levels keep: another trip, and no run is spent on it.
  const std::int64_t due_at_ms = delivery.message.trail.due_at_ms;
  if (due_at_ms > 0)
    if (const auto rest = action::rest_of_delay(due_at_ms, wall_now_ms); rest.count() > 0)
      return Outcome{Ending::Snoozed, {}, rest, {}};
  if (delivery.message.event.empty())
    return Outcome{
        Ending::Malformed, "the message has no type: that property names the event", {}, {}};
  if (!policy.is_known())
    return Outcome{Ending::Unknown,
                   fmt::format("no plugin provides the event '{}'", delivery.message.event),
                   {},
                   {}};
  return std::nullopt;
}

}  // namespace actiond
