// Looks at RabbitMQ's queues: a passive declaration of each.
#include "broker/rabbitmq/rabbit_look.hpp"

#include <span>
#include <thread>

#include "broker/rabbitmq/pause_queues.hpp"
#include "broker/rabbitmq/rabbit_backlog.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kLookChannel = 1;
// A quorum queue that somebody has just read a pause from looks empty until a majority knows that
// it was put back.
constexpr auto kUntilPutBack = 100ms;

// A queue that is not there is no problem: the first poller or event declares it.
QueueLook look_at(action::Connection& connection, const action::Topology& topology,
                  const std::string& name) {
  QueueLook look;
  look.name = name;
  const auto depth = action::queue_depth(connection, kLookChannel, topology.queue(name));
  if (depth) {
    look.ready = depth->messages;
    look.consumers = depth->consumers;
  } else if (!action::is_for_want_of_queue(depth.error())) {
    look.problem = depth.error().text;
  }
  return look;
}

bool has_events(action::Connection& connection, const std::string& queue) {
  const auto depth = action::queue_depth(connection, kLookChannel, queue);
  return depth && depth->messages > 0;
}

// Its body is read only of those that are paused.
std::optional<Pause> look_at_pause(action::Connection& connection, const std::string& application,
                                   const std::string& queue) {
  const auto name = pause_queue(application, queue);
  const auto depth = action::queue_depth(connection, kLookChannel, name);
  if (!depth || depth->messages == 0) return std::nullopt;
  const auto pause = read_pause(connection, kLookChannel, name);
  return pause && *pause ? *pause : Pause{};  // else somebody reads it at this moment
}

// Last: one whose node is down may not be answered for.
void look_at_pauses(action::Connection& connection, const action::Topology& topology,
                    std::span<QueueLook> queues) {
  for (auto& queue : queues) {
    const bool is_known = queue.pause && *queue.pause != Pause{};
    if (is_known || !connection.is_open()) continue;
    if (auto pause = look_at_pause(connection, topology.application, queue.name))
      queue.pause = std::move(pause);
  }
}

}  // namespace

Result<BrokerLook> look_at_rabbit(const action::Link::Target& target, const action::BrokerUrl& url,
                                  std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  if (auto opened = (*connection)->open_channel(kLookChannel); !opened) return opened.error();
  BrokerLook look;
  look.name = url.display();
  for (const auto& queue : target.topology.queues)
    look.queues.push_back(look_at(**connection, target.topology, queue));
  look.queues.push_back(look_at(**connection, target.topology, action::kDead));
  for (const auto& queue : {action::unroutable_queue(target.topology.application),
                            action::old_unroutable_queue(target.topology.application)}) {
    const auto depth = action::queue_depth(**connection, kLookChannel, queue);
    if (!depth || depth->messages == 0) continue;
    QueueLook& unroutable = look.queues.emplace_back();
    unroutable.name = "unroutable";
    unroutable.ready = depth->messages;
  }
  const auto work_queues = std::span(look.queues).first(target.topology.queues.size());
  look_at_pauses(**connection, target.topology, work_queues);
  if (target.topology.type == action::QueueType::Quorum) {
    std::this_thread::sleep_for(kUntilPutBack);
    look_at_pauses(**connection, target.topology, work_queues);
  }
  if ((*connection)->is_open()) (void)(*connection)->close(1s);
  return look;
}

Result<std::vector<std::string>> tend_rabbit(const action::Link::Target& target,
                                             const action::BrokerUrl& url,
                                             std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  if (auto opened = (*connection)->open_channel(kLookChannel); !opened) return opened.error();
  action::Declaration declaration(target.topology);
  auto declared = declaration.look().queues().delays().run(**connection, kLookChannel);
  if (!declared) return declared.error();
  const auto paused =
      declare_pause_queues(**connection, kLookChannel, target.topology, target.topology.queues);
  if (!paused) return paused.error();
  const bool is_any_unroutable =
      declaration.has_unroutable() ||
      has_events(**connection, action::old_unroutable_queue(target.topology.application));
  (void)(*connection)->close(1s);
  auto losses = declaration.losses();
  if (is_any_unroutable)
    if (auto routed = route_again(target, url, timeout); !routed)
      losses.push_back("what was due and had no queue waits for another try: " +
                       routed.error().text);
  return losses;
}

}  // namespace actiond
