#include "broker/rabbitmq/pause_queues.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "broker/rabbitmq/peek.hpp"
#include "broker/rabbitmq/sure_publisher.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/inequivalence.hpp"
#include "client/rabbitmq/steps.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;
using action::to_bytes;

constexpr amqp_channel_t kPausingChannel = 1;
constexpr amqp_channel_t kPausePublishing = 2;
constexpr auto kPatience = 1s;  // it keeps work from beginning
constexpr int kLooks = 3;
constexpr auto kBetweenLooks = 50ms;
constexpr auto kUntilReadersAreDone = 500ms;

// Of the same kind as the work queues, so that no single node is needed for it either. One of
// another kind that is there already is used.
action::Step pause_step(const action::Topology& topology, const std::string& queue) {
  action::Step step{action::StepKind::Queue, pause_queue(topology.application, queue)};
  if (topology.type == action::QueueType::Quorum)
    step.arguments = {{"x-queue-type", "quorum"},
                      {"x-delivery-limit", std::int64_t{action::kNoDeliveryLimit}}};
  else
    step.arguments = {{"x-queue-type", "classic"}};
  step.arguments.push_back({"x-max-length", std::int64_t{1}});
  return step;
}

Result<std::unique_ptr<action::Connection>> connect_to_pause(const action::Link::Target& target,
                                                             const action::BrokerUrl& url,
                                                             std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection;
  for (const auto channel : {kPausingChannel, kPausePublishing})
    if (auto opened = (*connection)->open_channel(channel); !opened) return opened.error();
  return connection;
}

Error may_not_pause(const std::string& queue, const Error& why) {
  return {fmt::format("the queue '{}', which keeps the pause, can't be used: {}", queue, why.text)};
}

// Fails unless each of them could be made, or is there.
Result<void> make_all(action::Connection& connection, std::vector<action::Step> steps) {
  amqp_channel_t channel = kPausingChannel;
  return action::carry_out(
      connection, channel, steps,
      [](action::Step& step, const action::CloseReason& reason) -> Result<action::Refused> {
        if (!std::exchange(step.is_passive, true)) return action::Refused::Again;
        return may_not_pause(step.name, {reason.text});
      });
}

// What is not answered by now is left; its answers come by next_frame.
Result<std::optional<amqp_channel_t>> give_up(std::vector<action::Step>& steps) {
  for (auto& step : steps) step.is_skipped = !step.is_done;
  return std::optional<amqp_channel_t>();
}

// Stores the message in each of them, and waits for the confirms. One that is told as not paused
// must not be paused by it later.
Result<void> publish_pauses(action::Connection& connection, amqp_channel_t channel,
                            const std::vector<std::string>& pause_queues, const std::string& body,
                            std::chrono::milliseconds timeout) {
  const auto publisher = SurePublisher::open(connection, channel, timeout);
  if (!publisher) return publisher.error();
  std::vector<action::Message> messages(pause_queues.size());
  std::vector<SurePublisher::Post> posts;
  for (std::size_t i = 0; i < pause_queues.size(); ++i) {
    messages[i].event = "pause";
    messages[i].id = pause_queues[i];
    messages[i].body = body;
    posts.push_back({"", pause_queues[i], &messages[i]});
  }
  if (auto taken = (*publisher)->knock(); !taken) return taken;
  const auto refused = (*publisher)->publish(posts, timeout);
  if (!refused) return refused.error();
  if (refused->empty()) return {};
  const auto& [place, why] = *refused->begin();
  return may_not_pause(pause_queues[place], why);
}

// What somebody is just reading is gone with the queue as well, which is made anew at once. Whoever
// may not do that takes the message out, which is enough unless somebody reads it at that moment.
Result<void> empty_out(action::Connection& connection, const action::Topology& topology,
                       const std::string& queue) {
  const auto name = pause_queue(topology.application, queue);
  amqp_queue_delete_t remove{0, to_bytes(name), false, false, false};
  if (connection.call(kPausingChannel, AMQP_QUEUE_DELETE_METHOD, &remove)) {
    connection.release(kPausingChannel);
    return make_all(connection, {pause_step(topology, queue)});
  }
  amqp_queue_purge_t purge{0, to_bytes(name), false};
  const auto purged = connection.call(kPausingChannel, AMQP_QUEUE_PURGE_METHOD, &purge);
  if (!purged) return may_not_pause(name, purged.error());
  connection.release(kPausingChannel);
  return {};
}

// Of a queue that was resumed: what is known of the pause that ended.
struct Ended {
  std::string body;  // empty: somebody had it in hand
  std::int64_t before_ms;
};

bool is_the_same(const std::string& body, const Ended& ended) {
  return body == ended.body || pause_in(body).at_ms < ended.before_ms;
}

// Whoever had it in hand to read it may have stored it anew (see peek) in the queue that was made
// since: the one that has ended. Only quorum queues count how often they are read.
Result<void> empty_out_again(action::Connection& connection, const action::Topology& topology,
                             const std::map<std::string, Ended>& all) {
  if (topology.type != action::QueueType::Quorum || all.empty()) return {};
  std::this_thread::sleep_for(kUntilReadersAreDone);
  for (const auto& [queue, ended] : all) {
    const auto body = peek(connection, kPausingChannel, pause_queue(topology.application, queue));
    if (!body) return may_not_pause(queue, body.error());
    if (*body && is_the_same(**body, ended))
      if (auto emptied = empty_out(connection, topology, queue); !emptied) return emptied;
  }
  return {};
}

// A quorum queue without a leader looks empty, and any for as long as somebody reads its message.
Result<std::optional<std::string>> find_pause(action::Connection& connection,
                                              const action::Topology& topology,
                                              const std::string& queue) {
  const auto name = pause_queue(topology.application, queue);
  for (int looks = 0; looks < kLooks; ++looks) {
    if (looks > 0) std::this_thread::sleep_for(kBetweenLooks);
    auto body = peek(connection, kPausingChannel, name);
    if (!body) return may_not_pause(name, body.error());
    if (*body) return body;
  }
  return std::optional<std::string>();
}

}  // namespace

std::string pause_queue(const std::string& application, const std::string& queue) {
  return application + ".pause." + queue;
}

Result<PauseQueues> declare_pause_queues(action::Connection& connection, amqp_channel_t channel,
                                         const action::Topology& topology,
                                         const std::vector<std::string>& queues) {
  PauseQueues found;
  std::vector<action::Step> steps;
  for (const auto& queue : queues) steps.push_back(pause_step(topology, queue));
  const auto done = action::carry_out(
      connection, channel, steps,
      [&found](action::Step& step, const action::CloseReason& reason) -> Result<action::Refused> {
        if (!std::exchange(step.is_passive, true)) return action::Refused::Again;
        step.is_done = action::is_for_want_of_queue(reason);
        if (step.is_done) found.missing.push_back(step.name);
        return action::Refused::Skip;
      },
      {kPatience, [&steps] { return give_up(steps); }});
  if (!done) return done.error();
  const bool is_certain_if_empty = topology.type == action::QueueType::Classic;
  for (const auto& step : steps) {
    const bool is_missing = std::ranges::find(found.missing, step.name) != found.missing.end();
    const bool is_known = step.is_done && (step.ready > 0 || is_missing || is_certain_if_empty);
    found.are_paused.push_back(is_known ? std::optional(step.ready > 0) : std::nullopt);
    if (!step.is_done) found.unanswered.push_back(step.name);
  }
  return found;
}

Result<std::optional<Pause>> read_pause(action::Connection& connection, amqp_channel_t channel,
                                        const std::string& pause_queue, const Renew& renew) {
  const auto body = peek(connection, channel, pause_queue, renew);
  if (!body) return body.error();
  if (!*body) return std::optional<Pause>();
  return std::optional(pause_in(**body));
}

bool store_pause_anew(const action::Link::Target& target, const action::BrokerUrl& url,
                      const std::string& pause_queue, const std::string& body) {
  const auto connection = connect_to_pause(target, url, kPatience);
  return connection &&
         publish_pauses(**connection, kPausePublishing, {pause_queue}, body, kPatience);
}

Result<void> pause_at_rabbit(const action::Link::Target& target, const action::BrokerUrl& url,
                             const std::vector<std::string>& queues, const Pause& pause,
                             std::chrono::milliseconds timeout) {
  auto connection = connect_to_pause(target, url, timeout);
  if (!connection) return connection.error();
  std::vector<action::Step> steps;
  for (const auto& queue : queues) steps.push_back(pause_step(target.topology, queue));
  if (auto made = make_all(**connection, std::move(steps)); !made) return made;
  std::vector<std::string> pause_queues;
  for (const auto& queue : queues)
    pause_queues.push_back(pause_queue(target.topology.application, queue));
  auto stored =
      publish_pauses(**connection, kPausePublishing, pause_queues, to_text(pause), timeout);
  if (!stored) return stored;
  (void)(*connection)->close(1s).ok();
  return {};
}

Result<std::vector<std::string>> resume_at_rabbit(const action::Link::Target& target,
                                                  const action::BrokerUrl& url,
                                                  const std::vector<std::string>& queues,
                                                  std::chrono::milliseconds timeout) {
  auto connection = connect_to_pause(target, url, timeout);
  if (!connection) return connection.error();
  const auto found = declare_pause_queues(**connection, kPausingChannel, target.topology, queues);
  if (!found) return found.error();
  if (!found->unanswered.empty())
    return may_not_pause(found->unanswered.front(),
                         {"the broker does not answer for it; is a node of it down?"});
  std::vector<std::string> resumed;
  std::map<std::string, Ended> ended;
  const auto began_ms = wall_now_ms();
  for (std::size_t i = 0; i < queues.size(); ++i) {
    const auto name = pause_queue(target.topology.application, queues[i]);
    if (std::ranges::find(found->missing, name) != found->missing.end()) continue;
    const auto pause = find_pause(**connection, target.topology, queues[i]);
    if (!pause) return pause.error();
    if (!*pause && found->are_paused[i] != true) continue;
    if (auto emptied = empty_out(**connection, target.topology, queues[i]); !emptied)
      return emptied.error();
    ended[queues[i]] = {pause->value_or(""), began_ms};
    resumed.push_back(queues[i]);
  }
  if (auto emptied = empty_out_again(**connection, target.topology, ended); !emptied)
    return emptied.error();
  (void)(*connection)->close(1s).ok();
  return resumed;
}

}  // namespace actiond
