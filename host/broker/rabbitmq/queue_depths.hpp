// What queues hold: all are asked for in one round trip, and one that is not answered for holds up
// no other.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/rabbitmq/declare.hpp"

namespace actiond {

class QueueDepths {
 public:
  // `channel` is open on the connection, which must outlive this.
  QueueDepths(action::Connection& connection, amqp_channel_t channel)
      : connection_(connection), channel_(channel) {}

  // Looks at the queues of these full names. Blocks, for as long as answers keep coming; see
  // look_into_silence for what it does if none comes. Fails when the connection is lost, and if the
  // broker answers for no queue at all.
  Result<void> ask(const std::vector<std::string>& queues);
  // As it was found, or why it was not, with the broker's words: see is_for_want_of_queue. A quorum
  // queue without a leader looks empty. Fails for one that was not asked for.
  Result<action::QueueDepth> of(const std::string& queue) const;

  // The channel that is usable now.
  amqp_channel_t channel() const { return channel_; }

 private:
  Result<std::optional<amqp_channel_t>> on_silence(std::vector<action::Step>& steps);

  action::Connection& connection_;
  amqp_channel_t channel_;
  std::map<std::string, Result<action::QueueDepth>> found_;
};

}  // namespace actiond
