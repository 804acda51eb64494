// Pauses in RabbitMQ: a durable queue <application>.pause.<queue> for each work queue. A message in
// it means that the work queue is paused, and its body says by whom.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/pauses.hpp"
#include "broker/rabbitmq/peek.hpp"
#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {

std::string pause_queue(const std::string& application, const std::string& queue);

struct PauseQueues {
  // Of each work queue; nothing: that is not certain. A quorum queue that is electing its leader
  // looks empty.
  std::vector<std::optional<bool>> are_paused;
  std::vector<std::string> missing;     // names of those that are not there, nor can be made
  std::vector<std::string> unanswered;  // whose node is down, or does not answer
};

// Makes them for these work queues, or looks at those that are there where the user may make none.
// The channel is begun, and usable afterwards, but for answers that may still come by next_frame: a
// queue on a node that is down, or stands still, keeps RabbitMQ 4 from answering for a minute.
// Blocks, for a second at most without an answer.
Result<PauseQueues> declare_pause_queues(action::Connection& connection, amqp_channel_t channel,
                                         const action::Topology& topology,
                                         const std::vector<std::string>& queues);

// What the message says; `renew` as for peek. Blocks; for that moment a look finds the queue empty.
Result<std::optional<Pause>> read_pause(action::Connection& connection, amqp_channel_t channel,
                                        const std::string& pause_queue, const Renew& renew);
// Stores a pause anew in its queue. Over a connection of its own, of which the broker reads nothing
// more in an alarm. False: it could not be stored. Blocks, for some seconds at most.
bool store_pause_anew(const action::Link::Target& target, const action::BrokerUrl& url,
                      const std::string& pause_queue, const std::string& body);

Result<void> pause_at_rabbit(const action::Link::Target& target, const action::BrokerUrl& url,
                             const std::vector<std::string>& queues, const Pause& pause,
                             std::chrono::milliseconds timeout);
Result<std::vector<std::string>> resume_at_rabbit(const action::Link::Target& target,
                                                  const action::BrokerUrl& url,
                                                  const std::vector<std::string>& queues,
                                                  std::chrono::milliseconds timeout);

}  // namespace actiond
