// The topic exchange over which pollers are reached, and their roster: a queue whose messages go
// after kRosterTime.
#pragma once

#include <string>

#include "client/rabbitmq/connection.hpp"

namespace actiond {

std::string control_exchange(const std::string& application);  // "<application>.control"
std::string roster_queue(const std::string& application);      // "<application>.roster.v1"

// What pollers say of themselves now is said to the exchange under this key.
inline constexpr char kHello[] = "hello";

// These send a method and wait for nothing.
Result<void> send_exchange(action::Connection& connection, amqp_channel_t channel,
                           const std::string& application);
Result<void> send_roster(action::Connection& connection, amqp_channel_t channel,
                         const std::string& application);
// A queue that goes with the connection.
Result<void> send_own_queue(action::Connection& connection, amqp_channel_t channel,
                            const std::string& queue);

// What goes over the exchange. Borrowed for the call; empty texts are left out.
struct ControlMessage {
  std::string_view exchange, key, body, reply_to, correlation_id;
};
Result<void> publish_control(action::Connection& connection, amqp_channel_t channel,
                             const ControlMessage& message);

}  // namespace actiond
