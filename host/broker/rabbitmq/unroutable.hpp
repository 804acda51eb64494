// Delayed events that were due and had no queue: it was deleted, or nobody knew it yet.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/result.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// Sends each to the queue that it was for, if that is one of the target's: it is there again. The
// others stay. Returns how many were sent. Blocks.
Result<std::size_t> route_again(const action::Link::Target& target, const action::BrokerUrl& url,
                                std::chrono::milliseconds timeout);

}  // namespace actiond
