// What a delivery ends with before it runs: it came too early, is no event, or is one that nobody
// provides. Pure. The reason of one that is early tells that the broker is to blame.
#pragma once

#include <cstdint>
#include <optional>

#include "poller/delivery/delivery.hpp"
#include "poller/delivery/event_policies.hpp"
#include "wire/outcome.hpp"

namespace actiond {

// Nothing: it can run. `wall_now_ms` since 1970 UTC; of no meaning where the trail has no times.
std::optional<Outcome> ends_without_run(const Delivery& delivery, const EventPolicy& policy,
                                        std::int64_t wall_now_ms);

}  // namespace actiond
