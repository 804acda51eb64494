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

milliseconds offer_wait(milliseconds unknown_for) {
  return std::clamp<milliseconds>(unknown_for, std::chrono::seconds(1), std::chrono::minutes(1));
}

}  // namespace actiond
