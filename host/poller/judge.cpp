#include "poller/judge.hpp"

#include "poller/retry.hpp"

namespace actiond {

using std::chrono::milliseconds;

Verdict Judge::operator()(const Delivery& delivery, std::int64_t now_ms) {
  const auto& trail = delivery.message.trail;
  const milliseconds unknown_for(
      trail.unknown_since_ms == 0 ? 0 : std::max<std::int64_t>(0, now_ms - trail.unknown_since_ms));
  const Chances chances{trail.attempt < delivery.attempts,
                        unknown_for < config_.unknown_event_ttl};
  const Settlement settlement = settlement_for(delivery.outcome.ending, chances);
  return {settlement, delay(delivery, settlement, unknown_for)};
}

milliseconds Judge::delay(const Delivery& delivery, Settlement settlement,
                          milliseconds unknown_for) {
  if (settlement == Settlement::Retry)
    return retry_wait(config_.retry, delivery.message.trail.attempt,
                      std::uniform_real_distribution<double>()(random_));
  if (settlement != Settlement::Delay) return milliseconds(0);
  return delivery.outcome.ending == Ending::Unknown ? offer_wait(unknown_for)
                                                    : delivery.outcome.snooze;
}

}  // namespace actiond
