// Asks after queues that are missing, each on a channel of its own: RabbitMQ 4 answers nothing
// about a classic queue whose node is down for a minute, and meanwhile nothing else on that
// channel. It never waits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

class MissingQueues {
 public:
  // The connection must outlive this.
  MissingQueues(action::Connection& connection, std::size_t queues)
      : connection_(connection), questions_(queues) {}

  // Asks for the queue of this full name, unless that has been asked and is not answered. False: it
  // can't be asked, for the broker allows no more channels. Fails when the connection is lost.
  Result<bool> ask(QueueIndex queue, const std::string& name);

  // The queue that is asked for on this channel.
  std::optional<QueueIndex> asked_on(amqp_channel_t channel) const;
  struct Answer {
    QueueIndex queue;
    std::string away;  // the broker's words; empty: it is there, or is to be tried
  };
  // A frame of one of these channels; most tell nothing. Fails when the connection is lost.
  Result<std::optional<Answer>> take(const amqp_frame_t& frame);

 private:
  struct Question {
    amqp_channel_t channel = 0;
    bool is_open = false;  // the channel, until both sides have closed it
  };

  action::Connection& connection_;
  std::vector<Question> questions_;
};

}  // namespace actiond
