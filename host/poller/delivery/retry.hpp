// When a failed event is tried again, and when one that no plugin knows is offered again. Pure.
#pragma once

#include <chrono>

#include "base/config/config.hpp"

namespace actiond {

// How long to wait after attempt number `attempt` (1, 2, …) has failed: exponential, with jitter.
// `random` is in [0, 1); 0.5 is the middle of the jitter.
std::chrono::milliseconds retry_wait(const RetryPolicy& policy, int attempt, double random);

// How long to wait before an event is offered again that no plugin has known for `unknown_for`:
// as long again, so that the waits double, from 1 s to 1 min.
std::chrono::milliseconds offer_wait(std::chrono::milliseconds unknown_for);

}  // namespace actiond
