// Whether what is to run later comes: no declaration tells of a policy that sends it elsewhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "broker/look.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// At one of the target's nodes. Sends a message through the delays to a queue of its own, which is
// gone with the connection. See try_delays.
Result<std::optional<std::string>> try_delays_of_rabbit(const action::Link::Target& target,
                                                        const action::BrokerUrl& url,
                                                        std::chrono::milliseconds timeout,
                                                        const DelayTrial& trial);

// The beginning of the short name of such a queue: what is left for one is of no use to anybody.
inline constexpr char kTrialQueue[] = "trial-of-delays-";

}  // namespace actiond
