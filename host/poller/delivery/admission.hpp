// What a delivery ends with before it runs: it came too early, is no event, has expired, or is
// one that nobody provides. Pure. The reason of one that is early tells that the broker is to
// blame.
#pragma once

#include <cstdint>
#include <optional>

#include "poller/delivery/delivery.hpp"
#include "poller/delivery/event_policies.hpp"
#include "wire/outcome.hpp"

namespace actiond {

// When it expires, since 1970 UTC; 0: never. What its trail says, or its policy from when it was to
// run; of that the broker must have told.
std::int64_t expiry(const Message& message, const EventPolicy& policy);

// Nothing: it can run. `wall_now_ms` since 1970 UTC; of no meaning where the trail has no times
// and no expiry.
std::optional<Outcome> ends_without_run(const Delivery& delivery, const EventPolicy& policy,
                                        std::int64_t wall_now_ms);

// What one ends with whose unique key another has: the event with this id, or empty.
Outcome another_has_key(const Message& message, const std::string& holder);

}  // namespace actiond
