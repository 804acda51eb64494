#include "poller/delivery/admission.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/json_object.hpp"
#include "client/delay_trip.hpp"
#include "client/names.hpp"
#include "poller/delivery/waiting.hpp"
#include "wire/frame.hpp"

namespace actiond {
namespace {

constexpr std::chrono::milliseconds kTooEarly{1000};  // what clocks may differ by

// How much earlier than its delay ends it has come, say by a policy with message-ttl; nothing if it
// was sent back for that before: then the clocks are wrong.
std::chrono::milliseconds early_by(const action::Trail& trail, std::int64_t wall_now_ms) {
  const std::chrono::milliseconds early(trail.delayed_until_ms - wall_now_ms);
  const bool is_to_wait = trail.delayed_until_ms > 0 && !trail.is_early && early > kTooEarly;
  return is_to_wait ? early : std::chrono::milliseconds(0);
}

std::optional<Outcome> expired(std::int64_t expires_at_ms, std::int64_t wall_now_ms) {
  if (expires_at_ms == 0 || wall_now_ms < expires_at_ms) return std::nullopt;
  const std::chrono::milliseconds since(wall_now_ms - expires_at_ms);
  return Outcome{Ending::Expired,
                 fmt::format("it expired {} before it could begin", format_duration(since)),
                 {},
                 {}};
}

// Of a longer body a runner finds out, once a plugin knows its event: the loop has no time for it.
constexpr std::size_t kMostLookedAt = 1 << 20;

// Waiting for a plugin is in vain if none may register that name, or could read that body.
Outcome of_unknown(const Message& message) {
  if (const auto named = action::check_event(message.event); !named)
    return {Ending::Malformed, named.error().text, {}, {}};
  if (message.body.size() <= kMostLookedAt)
    if (auto problem = problem_with_params(message.body); !problem.empty())
      return {Ending::Malformed, std::move(problem), {}, {}};
  return {Ending::Unknown, fmt::format("no plugin provides the event '{}'", message.event), {}, {}};
}

}  // namespace

std::int64_t expiry(const Message& message, const EventPolicy& policy) {
  const auto& trail = message.trail;
  if (trail.expires_at_ms > 0 || policy.expires.count() == 0) return trail.expires_at_ms;
  const auto since_ms = waiting_since_ms(message);
  if (since_ms <= 0) return 0;
  return action::expires_at_ms(policy.expires,
                               action::WallTime(std::chrono::milliseconds(since_ms)));
}

std::optional<Outcome> ends_without_run(const Delivery& delivery, const EventPolicy& policy,
                                        std::int64_t wall_now_ms) {
  // A delay longer than the broker's delay levels keep: another trip, and no run is spent on it.
  const std::int64_t due_at_ms = delivery.message.trail.due_at_ms;
  if (due_at_ms > 0)
    if (const auto rest = action::rest_of_delay(due_at_ms, wall_now_ms); rest.count() > 0)
      return Outcome{Ending::Snoozed, {}, rest, {}};
  if (const auto early = early_by(delivery.message.trail, wall_now_ms); early.count() > 0)
    return Outcome{Ending::Snoozed, "came before its time", early, {}};
  if (delivery.message.event.empty())
    return Outcome{
        Ending::Malformed, "the message has no type: that property names the event", {}, {}};
  if (const auto bytes = delivery.message.body.size(); bytes > kMaxParamsBytes)
    return Outcome{Ending::Malformed,
                   fmt::format("its params have {} bytes, and at most {} can be handed to a runner",
                               bytes, kMaxParamsBytes),
                   {},
                   {}};
  if (auto outcome = expired(expiry(delivery.message, policy), wall_now_ms)) return outcome;
  if (!policy.is_known()) return of_unknown(delivery.message);
  return std::nullopt;
}

Outcome another_has_key(const Message& message, const std::string& holder) {
  return {Ending::Duplicate,
          fmt::format("it was queued while {} with the unique key '{}' waited or ran",
                      holder.empty() ? "another" : "the event " + holder, message.unique.key),
          {},
          {}};
}

}  // namespace actiond
