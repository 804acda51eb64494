// Pollers, as they are reached over RabbitMQ.
#pragma once

#include <memory>

#include "broker/fleet.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// Blocks up to `timeout`.
Result<std::unique_ptr<Fleet>> open_rabbit_fleet(const action::Link::Target& target,
                                                 const action::BrokerUrl& url,
                                                 std::chrono::milliseconds timeout);

}  // namespace actiond
