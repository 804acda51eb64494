#include "client/sound.hpp"

#include "client/trace.hpp"

namespace action {
namespace {

void bound(auto& number, std::int64_t least, std::int64_t most) {
  if (number < least || number > most) number = static_cast<std::decay_t<decltype(number)>>(least);
}

}  // namespace

void make_sound(Message& message) {
  auto& trail = message.trail;
  bound(trail.attempt, 1, kMaxAttempt);
  bound(trail.interrupted, 0, kMaxAttempt);
  bound(message.enqueued_at_s, 0, kMaxTime_s);
  for (auto* time_ms : {&trail.first_failed_at_ms, &trail.failed_at_ms, &trail.unknown_since_ms,
                        &trail.expires_at_ms, &message.unique.until_ms})
    bound(*time_ms, 0, kMaxTime_s * 1000);
  if (!message.trace_parent.empty() && !is_trace_parent(message.trace_parent))
    message.trace_parent.clear();
  if (message.trace_parent.empty() || !is_trace_state(message.trace_state))
    message.trace_state.clear();
}

}  // namespace action
