// A look at a queue's first message.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

// Its body; nothing: the queue is empty, which is certain, unlike what a passive declaration says
// of a quorum queue without a leader. The message is given back: for that moment the queue looks
// empty, and later it counts as redelivered. Fails if there is no such queue, or the broker can't
// tell, for which RabbitMQ closes the connection (541). Blocks.
//
// A quorum queue counts how often it gets a message back, and drops it at a delivery-limit, which a
// policy may set unseen. With `renew`, one that was counted is stored anew by it, in the same
// queue, and taken out if that says true.
using Renew = std::function<bool(const std::string& body)>;
Result<std::optional<std::string>> peek(action::Connection& connection, amqp_channel_t channel,
                                        const std::string& queue, const Renew& renew = {});

}  // namespace actiond
