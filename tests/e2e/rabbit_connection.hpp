// The connection by which rabbit.cpp and rabbit_messages.cpp do what rabbit.hpp says.
#pragma once

#include <memory>

#include "../network/raw_calls.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace rabbit {

inline constexpr amqp_channel_t kChannel = 1;

// Without heartbeats: the tests read from it only now and then.
std::unique_ptr<action::Connection> connect();
// The one of this process; made anew when it is closed.
action::Connection& connection();
amqp_connection_state_t state();

}  // namespace rabbit
