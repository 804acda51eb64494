#include "poller/delivery/judge.hpp"

#include "poller/delivery/retry.hpp"

namespace actiond {

using std::chrono::milliseconds;

// Enough for a poller with the old plugins to be there again.
constexpr milliseconds kExcusedWait{1000};

Verdict Judge::operator()(const Delivery& delivery, std::int64_t now_ms) {
  const auto& trail = delivery.message.trail;
  const std::int64_t unknown_since_ms = believable_since(trail.unknown_since_ms, now_ms);
  const milliseconds unknown_for(unknown_since_ms == 0 ? 0 : now_ms - unknown_since_ms);
  const Chances chances{trail.attempt < delivery.attempts, unknown_for < config_.unknown_event_ttl,
                        delivery.is_excused,
                        trail.interrupted + delivery.interruptions < config_.retry.interruptions,
                        is_expired_kept(delivery)};
  const Settlement settlement = settlement_for(delivery.outcome.ending, chances);
  return {settlement, delay(delivery, settlement, unknown_for)};
}

bool Judge::is_expired_kept(const Delivery& delivery) const {
  if (delivery.outcome.ending != Ending::Expired) return false;
  const auto event = config_.events.find(delivery.message.event);
  return event != config_.events.end() && event->second.on_expired == OnExpired::Dead;
}

milliseconds Judge::delay(const Delivery& delivery, Settlement settlement,
                          milliseconds unknown_for) {
  if (settlement == Settlement::Retry && delivery.outcome.retry.count() > 0)
    return delivery.outcome.retry;
  if (settlement == Settlement::Retry)
    return retry_wait(config_.retry, delivery.message.trail.attempt,
                      std::uniform_real_distribution<double>()(random_));
  if (settlement != Settlement::Delay) return milliseconds(0);
  if (delivery.outcome.ending == Ending::Unknown) return offer_wait(unknown_for);
  return delivery.is_excused ? kExcusedWait : delivery.outcome.snooze;
}

}  // namespace actiond
