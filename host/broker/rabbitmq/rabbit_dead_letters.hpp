// The dead letters in RabbitMQ: the queue <application>.dead.
#pragma once

#include "broker/dead_letters.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// On one of the target's nodes. See open_dead_letters.
Result<std::unique_ptr<DeadLetters>> open_rabbit_dead_letters(const action::Link::Target& target,
                                                              const action::BrokerUrl& url,
                                                              std::chrono::milliseconds timeout);

}  // namespace actiond
