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
  // It has opened their channels, and said nothing about them.
  std::vector<std::string> unanswered;
  // Open, and nothing is awaited on it; 0: there was no need for one, or none was left.
  amqp_channel_t channel = 0;
};

// What is said of one that is unanswered.
inline constexpr char kAnswersNothing[] = "the broker answers nothing about it: is its node down?";

// So long nothing may come before that silence is looked into.
std::chrono::milliseconds longest_silence(const Connection& connection);

// What a silence on one channel is about, whose answers are `awaited` in this order. If the first
// of them is answered for on a channel of its own, or not even such a channel, the broker is slow:
// then nothing is unanswered. Otherwise the others are asked for as well, and there is another
// channel to go on with. Blocks for 3/4 of the connection's timeout at most, beyond what opening a
// channel takes. Answers that come later come by next_frame, on channels that nobody uses. Fails
// when the connection is lost.
Result<RollCall> look_into_silence(Connection& connection, const std::vector<std::string>& awaited);

}  // namespace action
