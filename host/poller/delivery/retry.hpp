// When a failed event is tried again, and when one that no plugin knows is offered again. Pure.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/config/config.hpp"

namespace actiond {

// How long to wait after attempt number `attempt` (1, 2, …) has failed: exponential, with jitter.
// `random` is in [0, 1); 0.5 is the middle of the jitter.
std::chrono::milliseconds retry_wait(const RetryPolicy& policy, int attempt, double random);

// A time that somebody noted, since 1970 UTC, or 0: a clock that is wrong noted it (it is from
// before 2020, or ahead of now), and nothing follows from it.
std::int64_t believable_since(std::int64_t since_ms, std::int64_t now_ms);

// How long to wait before an event is offered again that no plugin has known for `unknown_for`:
// as long again, so that the waits double, from 1 s to 1 min.
std::chrono::milliseconds offer_wait(std::chrono::milliseconds unknown_for);

}  // namespace actiond
