#pragma once

#include "broker/backlog.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// At one of the target's nodes. See open_backlog.
Result<std::unique_ptr<Backlog>> open_rabbit_backlog(const action::Link::Target& target,
                                                     const action::BrokerUrl& url,
                                                     std::chrono::milliseconds timeout);

// The same of what was due and had no queue.
Result<std::unique_ptr<Backlog>> open_unroutable(const action::Link::Target& target,
                                                 const action::BrokerUrl& url,
                                                 std::chrono::milliseconds timeout);

}  // namespace actiond
