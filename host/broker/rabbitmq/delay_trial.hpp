// Whether what is to run later comes: no declaration tells of a policy that sends it elsewhere.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// The delays must have been declared. Sends a message through the lowest of them to a queue of its
// own, which is gone with the connection, unless the user may not make one. Returns what is wrong,
// in a sentence; nothing: it came in time. Blocks, for ten seconds at most if it does not come.
Result<std::optional<std::string>> try_delays_of_rabbit(const action::Link::Target& target,
                                                        const action::BrokerUrl& url,
                                                        std::chrono::milliseconds timeout);

// The beginning of the short name of such a queue: what is left for one is of no use to anybody.
inline constexpr char kTrialQueue[] = "trial-of-delays-";

}  // namespace actiond
