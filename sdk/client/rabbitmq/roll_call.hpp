// Which queues the broker answers for. Each is asked for on a channel of its own: RabbitMQ 4 says
// nothing of a classic queue whose node is down for a minute, and meanwhile nothing else on that
// channel.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/declare.hpp"

namespace action {

struct RollCall {
  // Of those that it has answered for: what they hold, or its words if they can't be asked.
  std::map<std::string, Result<QueueDepth>> answers;
  // It has answered on their channels, and nothing about them.
  std::vector<std::string> unanswered;
};

// Blocks for `patience` at most. What the broker answers later comes by next_frame, on channels
// that nobody uses. A queue is in neither list if there was no channel for it, or no answer at all.
// Fails when the connection is lost.
Result<RollCall> call_roll(Connection& connection, const std::vector<std::string>& queues,
                           std::chrono::milliseconds patience);

}  // namespace action
