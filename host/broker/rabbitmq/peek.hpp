// A look at a queue's first message.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

// Its body; nothing: the queue is empty, which is certain, unlike what a passive declaration says
// of a quorum queue without a leader. The message is given back: for that moment the queue looks
// empty, and later it counts as redelivered. Fails if there is no such queue, or the broker can't
// tell, for which RabbitMQ closes the connection (541). Blocks.
Result<std::optional<std::string>> peek(action::Connection& connection, amqp_channel_t channel,
                                        const std::string& queue);

}  // namespace actiond
