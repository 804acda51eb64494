// The exchange and the queues of an application, as DESIGN's section on the message names them:
// exchange <application> (direct), a queue <application>.<name> for each name, bound by that
// name, and <application>.dead for dead letters.
#pragma once

#include <string>
#include <vector>

#include "client/rabbitmq/connection.hpp"

namespace action {

enum class QueueKind { Classic, Quorum };

// The short name of the queue of dead letters; no work queue's.
inline constexpr char kDead[] = "dead";

struct Topology {
  std::string application = "action_event";
  std::vector<std::string> queues;
  QueueKind kind = QueueKind::Classic;

  std::string queue(const std::string& name) const { return application + "." + name; }
  std::string dead() const { return queue(kDead); }
};

// Makes sure that all of it exists, on an open channel without consumers or confirms (the broker
// may close it, and this reopens it). What exists is used as it is if its other arguments do no
// harm; arguments by which an event could be lost fail with a sentence that names them. A user
// who may not configure uses what is there. Blocks.
Result<void> declare(Connection& connection, amqp_channel_t channel, const Topology& topology);

// How many messages are ready in a queue, and how many consumers it has.
struct QueueDepth {
  std::uint32_t messages = 0;
  std::uint32_t consumers = 0;
};
// Fails if the queue does not exist. The channel is usable afterwards. Blocks.
Result<QueueDepth> queue_depth(Connection& connection, amqp_channel_t channel,
                               const std::string& queue);

}  // namespace action
