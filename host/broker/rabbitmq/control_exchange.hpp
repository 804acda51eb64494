// The topic exchange over which pollers are reached, and their roster: a queue whose messages go
// after kRosterTime.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/steps.hpp"

namespace actiond {

std::string control_exchange(const std::string& application);  // "<application>.control"
std::string roster_queue(const std::string& application);      // "<application>.roster.v1"

// What pollers say of themselves now is said to the exchange under this key.
inline constexpr char kHello[] = "hello";

// What a poller needs there: the exchange, the roster, and a queue of its own, to which comes what
// is said to these targets.
std::vector<action::Step> control_steps(const std::string& application, const std::string& queue,
                                        const std::vector<std::string>& targets);

// What goes over the exchange. Borrowed for the call; empty texts are left out. publish_control
// waits for nothing, and fails when the connection is lost.
struct ControlMessage {
  std::string_view exchange, key, body, reply_to, correlation_id;
};
Result<void> publish_control(action::Connection& connection, amqp_channel_t channel,
                             const ControlMessage& message);

}  // namespace actiond
