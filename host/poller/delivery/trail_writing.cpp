#include "poller/delivery/trail_writing.hpp"

#include <utility>

#include "poller/delivery/retry.hpp"

namespace actiond {
namespace {

void write_failure(Delivery& delivery, const std::string& poller, std::int64_t now_ms) {
  auto& trail = delivery.message.trail;
  if (trail.first_failed_at_ms == 0) trail.first_failed_at_ms = now_ms;
  trail.failed_at_ms = now_ms;
  trail.error = delivery.outcome.reason;
  trail.backtrace = delivery.outcome.backtrace;
  trail.poller = poller;
  trail.plugin = delivery.plugin;
}

}  // namespace

void write_trail(Delivery& delivery, const std::string& poller, std::int64_t now_ms) {
  auto& trail = delivery.message.trail;
  if (delivery.run != 0) delivery.message.trace_parent = delivery.trace.context;  // what it led to
  trail.delayed_until_ms = 0;
  trail.is_early = delivery.run == 0 && delivery.outcome.ending == Ending::Snoozed &&
                   !delivery.outcome.reason.empty();
  const bool is_unknown = delivery.outcome.ending == Ending::Unknown;
  if (!is_unknown) trail.unknown_since_ms = 0;
  if (is_unknown && believable_since(trail.unknown_since_ms, now_ms) == 0)
    trail.unknown_since_ms = now_ms;
  if (trail.queue.empty()) trail.queue = delivery.queue_name;
  // A run that came to an end was not interrupted, whatever those before it were.
  trail.interrupted =
      delivery.run == 0 ? trail.interrupted + std::exchange(delivery.interruptions, 0) : 0;
  if (delivery.verdict.settlement == Settlement::Retry ||
      delivery.verdict.settlement == Settlement::DeadLetter)
    write_failure(delivery, poller, now_ms);
  if (delivery.verdict.settlement == Settlement::Retry) ++trail.attempt;
}

}  // namespace actiond
