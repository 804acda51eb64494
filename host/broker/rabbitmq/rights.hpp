// What RabbitMQ lets a poller's user do.
#pragma once

#include "broker/look.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// See look.hpp. The queues must have been declared. Leaves no trace: what is published to find out
// is taken back before anybody sees it, and only empty queues are read from.
Result<std::vector<std::string>> missing_rights_at_rabbit(const action::Link::Target& target,
                                                          const action::BrokerUrl& url,
                                                          std::chrono::milliseconds timeout);

}  // namespace actiond
