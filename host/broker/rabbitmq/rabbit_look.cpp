// Looks at RabbitMQ's queues: a passive declaration of each.
#include "broker/rabbitmq/rabbit_look.hpp"

#include <span>
#include <thread>

#include "broker/rabbitmq/pause_queues.hpp"
#include "broker/rabbitmq/queue_depths.hpp"
#include "broker/rabbitmq/unroutable.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kLookChannel = 1;
// A quorum queue that somebody has just read a pause from looks empty until a majority knows that
// it was put back.
constexpr auto kUntilPutBack = 100ms;

class RabbitLook {
 public:
  RabbitLook(action::Connection& connection, const action::Link::Target& target,
             const action::BrokerUrl& url)
      : connection_(connection),
        target_(target),
        url_(url),
        topology_(target.topology),
        depths_(connection, kLookChannel) {}

  Result<std::vector<QueueLook>> queues() {
    std::vector<std::string> names = unroutable_queues();
    names.push_back(topology_.dead());
    for (const auto& queue : topology_.queues) names.push_back(topology_.queue(queue));
    if (auto asked = depths_.ask(names); !asked) return asked.error();
    std::vector<QueueLook> looks;
    for (const auto& queue : topology_.queues) looks.push_back(look_at(queue));
    looks.push_back(look_at(action::kDead));
    for (const auto& queue : unroutable_queues()) {
      const auto depth = depths_.of(queue);
      if (!depth || depth->messages == 0) continue;
      QueueLook& unroutable = looks.emplace_back();
      unroutable.name = "unroutable";
      unroutable.ready = depth->messages;
    }
    return looks;
  }

  // Who paused them, of those that are, as far as the broker can tell.
  void pauses(std::span<QueueLook> queues) {
    if (!connection_.is_open()) return;
    std::vector<std::string> names;
    for (const auto& queue : queues)
      if (!is_known(queue)) names.push_back(pause_queue(topology_.application, queue.name));
    if (!depths_.ask(names)) return;
    for (auto& queue : queues) {
      if (is_known(queue) || !connection_.is_open()) continue;
      if (auto pause = look_at_pause(queue.name)) queue.pause = std::move(pause);
    }
  }

 private:
  std::vector<std::string> unroutable_queues() const {
    return {action::unroutable_queue(topology_.application),
            action::old_unroutable_queue(topology_.application)};
  }

  // A queue that is not there is no problem: the first poller or event declares it.
  QueueLook look_at(const std::string& name) {
    QueueLook look;
    look.name = name;
    const auto depth = depths_.of(topology_.queue(name));
    if (depth) {
      look.ready = depth->messages;
      look.consumers = depth->consumers;
    } else if (!action::is_for_want_of_queue(depth.error())) {
      look.problem = depth.error().text;
    }
    return look;
  }

  static bool is_known(const QueueLook& queue) { return queue.pause && *queue.pause != Pause{}; }

  // Its body is read only of those that are paused.
  std::optional<Pause> look_at_pause(const std::string& queue) {
    const auto name = pause_queue(topology_.application, queue);
    const auto depth = depths_.of(name);
    if (!depth || depth->messages == 0) return std::nullopt;
    const auto pause =
        read_pause(connection_, depths_.channel(), name, [&](const std::string& body) {
          return can_renew_ = can_renew_ && store_pause_anew(target_, url_, name, body);
        });
    return pause && *pause ? *pause : Pause{};  // else somebody reads it at this moment
  }

  action::Connection& connection_;
  const action::Link::Target& target_;
  const action::BrokerUrl& url_;
  const action::Topology& topology_;
  QueueDepths depths_;
  bool can_renew_ = true;  // pauses; one failure is enough
};

// False as well if nobody can tell.
bool has_events(QueueDepths& depths, const std::string& queue) {
  if (!depths.ask({queue})) return false;
  const auto depth = depths.of(queue);
  return depth && depth->messages > 0;
}

}  // namespace

Result<BrokerLook> look_at_rabbit(const action::Link::Target& target, const action::BrokerUrl& url,
                                  std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  if (auto opened = (*connection)->open_channel(kLookChannel); !opened) return opened.error();
  RabbitLook look(**connection, target, url);
  auto queues = look.queues();
  if (!queues) return queues.error();
  const auto work_queues = std::span(*queues).first(target.topology.queues.size());
  look.pauses(work_queues);
  if (target.topology.type == action::QueueType::Quorum) {
    std::this_thread::sleep_for(kUntilPutBack);
    look.pauses(work_queues);
  }
  if ((*connection)->is_open()) (void)(*connection)->close(1s);
  return BrokerLook{url.display(), std::move(*queues), {}};
}

Result<std::vector<std::string>> tend_rabbit(const action::Link::Target& target,
                                             const action::BrokerUrl& url,
                                             std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  if (auto opened = (*connection)->open_channel(kLookChannel); !opened) return opened.error();
  action::Declaration declaration(target.topology);
  amqp_channel_t channel = kLookChannel;
  const auto declared = declaration.look().queues().delays().run(**connection, channel);
  if (!declared) return declared.error();
  QueueDepths depths(**connection, channel);
  const bool is_any_unroutable =
      declaration.has_unroutable() ||
      has_events(depths, action::old_unroutable_queue(target.topology.application));
  const auto paused =
      declare_pause_queues(**connection, depths.channel(), target.topology, target.topology.queues);
  if (!paused) return paused.error();
  (void)(*connection)->close(1s);
  auto losses = declaration.losses();
  if (is_any_unroutable)
    if (auto routed = route_again(target, url, timeout); !routed)
      losses.push_back("what was due and had no queue waits for another try: " +
                       routed.error().text);
  return losses;
}

}  // namespace actiond
