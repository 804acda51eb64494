// Whether two addresses lead to the same virtual host of the same RabbitMQ, which has many names.
#pragma once

#include <chrono>

#include "base/result.hpp"
#include "client/rabbitmq/broker_url.hpp"

namespace actiond {

// False also if the user of the first may make no queue, which is how it is found out. Blocks up to
// `timeout` for each of them.
Result<bool> is_one_rabbit(const action::BrokerUrl& one, const action::BrokerUrl& other,
                           const std::string& application, std::chrono::milliseconds timeout);

}  // namespace actiond
