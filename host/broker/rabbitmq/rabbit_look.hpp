#pragma once

#include "broker/look.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// At one of the target's nodes. See look_at_broker.
Result<BrokerLook> look_at_rabbit(const action::Link::Target& target, const action::BrokerUrl& url,
                                  std::chrono::milliseconds timeout);

// At one of the target's nodes. See tend_broker.
Result<std::vector<std::string>> tend_rabbit(const action::Link::Target& target,
                                             const action::BrokerUrl& url,
                                             std::chrono::milliseconds timeout);

}  // namespace actiond
