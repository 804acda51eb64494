// Whether two addresses lead to the same virtual host of the same RabbitMQ, which has many names.
#pragma once

#include <chrono>

#include "base/result.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// Found out by a queue that one of the users makes and the other looks for, which is gone with the
// connection. Fails if neither of them may. Blocks up to `timeout` for each of them.
Result<bool> is_one_rabbit(const action::BrokerUrl& one, const action::BrokerUrl& other,
                           const std::string& application, std::chrono::milliseconds timeout);

}  // namespace actiond
