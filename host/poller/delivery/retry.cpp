#include "poller/delivery/retry.hpp"

#include <algorithm>
#include <cmath>

namespace actiond {

using std::chrono::milliseconds;

milliseconds retry_wait(const RetryPolicy& policy, int attempt, double random) {
  // A double takes any power; what is too long ends at max.
  const double growth = std::pow(policy.factor, std::max(attempt, 1) - 1);
  const double wait = std::min(static_cast<double>(policy.initial.count()) * growth,
                               static_cast<double>(policy.max.count()));
  const double share = 1 + policy.jitter * (2 * random - 1);
  return milliseconds(std::max<std::int64_t>(1, std::llround(wait * share)));
}

std::int64_t believable_since(std::int64_t since_ms, std::int64_t now_ms) {
  constexpr std::int64_t k2020_ms = 1577836800'000;
  return since_ms < k2020_ms || since_ms > now_ms ? 0 : since_ms;
}

milliseconds offer_wait(milliseconds unknown_for) {
  return std::clamp<milliseconds>(unknown_for, std::chrono::seconds(1), std::chrono::minutes(1));
}

}  // namespace actiond
