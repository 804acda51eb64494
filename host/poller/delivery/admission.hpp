// What a delivery ends with before it runs: it came too early, is no event, or is one that nobody
// provides. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "poller/delivery/delivery.hpp"
#include "poller/delivery/event_policies.hpp"
#include "wire/outcome.hpp"

namespace actiond {

// Nothing: it can run. `wall_now_ms` since 1970 UTC.
std::optional<Outcome> ends_without_run(const Delivery& delivery, const EventPolicy& policy,
                                        std::int64_t wall_now_ms);

}  // namespace actiond
