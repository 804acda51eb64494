#pragma once

#include "broker/backlog.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// At one of the target's nodes. See open_backlog.
Result<std::unique_ptr<Backlog>> open_rabbit_backlog(const action::Link::Target& target,
                                                     const action::BrokerUrl& url,
                                                     std::chrono::milliseconds timeout);

// Sends what was due and had no queue to the queue that it was for, if that is one of the target's:
// it is there again. Returns how many there were. Blocks.
Result<std::size_t> route_again(const action::Link::Target& target, const action::BrokerUrl& url,
                                std::chrono::milliseconds timeout);

}  // namespace actiond
