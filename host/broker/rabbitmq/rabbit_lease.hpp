// The lease in RabbitMQ: a queue with a single active consumer, <application>.lease.v1,
// whose one message is the state. Whose consumer is active has it in hand. The next state is stored
// before the old one is acknowledged, so there may be two when somebody dies in between: the newer
// one counts.
#pragma once

#include <chrono>
#include <memory>

#include "broker/lease.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

Result<std::unique_ptr<Lease>> open_rabbit_lease(const action::Link::Target& target,
                                                 const action::BrokerUrl& url, Obey obey,
                                                 std::chrono::milliseconds timeout);

}  // namespace actiond
