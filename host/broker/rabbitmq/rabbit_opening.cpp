// How a RabbitBroker comes to be: two connections, their channels, and what they find declared.
#include <fmt/format.h>

#include <future>

#include "broker/rabbitmq/pause_queues.hpp"
#include "broker/rabbitmq/rabbit_backlog.hpp"
#include "broker/rabbitmq/rabbit_broker.hpp"
#include "broker/rabbitmq/unroutable.hpp"
#include "broker/target.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"

namespace actiond {
namespace {

constexpr amqp_channel_t kPublishingChannel = 1;  // and the publisher's other one is 3
constexpr amqp_channel_t kSayingChannel = 2;

}  // namespace

Result<std::unique_ptr<Broker>> RabbitBroker::connect(const action::BrokerUrl& url,
                                                      const Config& config, const std::string& name,
                                                      std::chrono::milliseconds timeout,
                                                      bool is_last) {
  std::unique_ptr<RabbitBroker> broker(new RabbitBroker(url, config, is_last));
  if (auto opened = broker->open(name, timeout); !opened) return opened.error();
  if (broker->has_unroutable_) broker->route_again(config, name, timeout);
  return std::unique_ptr<Broker>(std::move(broker));
}

RabbitBroker::RabbitBroker(action::BrokerUrl url, const Config& config, bool is_last)
    : url_(std::move(url)),
      is_last_(is_last),
      topology_(topology_of(config)),
      consumed_queues_(config.queues_to_consume()) {}

// Both at once: each of them takes a broker that is far away four round trips.
Result<void> RabbitBroker::open(const std::string& name, std::chrono::milliseconds timeout) {
  auto consuming = std::async(std::launch::async, [&] { return open_consuming(name, timeout); });
  auto publishing = open_publishing(name, timeout);
  auto consumed = consuming.get();
  remarks_.insert(remarks_.end(), pause_remarks_.begin(), pause_remarks_.end());
  is_any_unanswered_ |= is_any_pause_unanswered_;
  if (!publishing || !consumed) return publishing ? consumed : publishing;
  make_control();
  for (auto& channel : channels_)
    if (const auto left = out_of_reach_.find(channel.queue_name()); left != out_of_reach_.end())
      channel.miss(left->second + "; it is tried again");
  has_news_of_queues_ = !out_of_reach_.empty();
  return {};
}

void RabbitBroker::make_control() {
  const auto number = static_cast<amqp_channel_t>(consumed_queues_.size() + 2);
  if (number > consuming_->channel_max() || kSayingChannel > publishing_->channel_max()) {
    remarks_.push_back(fmt::format("other machines can't reach this poller: {}", few_channels()));
    return;
  }
  control_ =
      std::make_unique<ControlChannel>(ControlChannel::Channel{*consuming_, number},
                                       ControlChannel::Channel{*publishing_, kSayingChannel},
                                       topology_.application, [this] { return !is_blocked(); });
  publisher_->on_other_channel([this](const amqp_frame_t& frame) { control_->take_other(frame); });
}

// Work need not wait for it to succeed.
void RabbitBroker::route_again(const Config& config, const std::string& name,
                               std::chrono::milliseconds timeout) {
  const auto target = target_of(config, name + " (routing again)");
  if (!target) return;
  if (auto routed = actiond::route_again(*target, url_, timeout); !routed)
    remarks_.push_back("events that had no queue when they were due can't be sent to it: " +
                       routed.error().text);
}

// On a channel of its own: one on which the broker answers nothing would hold up what is published.
Result<void> RabbitBroker::declare() {
  const amqp_channel_t spare = publishing_->spare_channel();
  amqp_channel_t declaring = spare != 0 ? spare : kPublishingChannel;
  if (auto begun = publishing_->begin_channel(declaring); !begun) return begun;
  action::Declaration declaration(topology_);
  auto declared = declaration.look().queues().delays().run(*publishing_, declaring);
  if (!declared) return declared;
  remarks_ = declaration.remarks();
  remarks_.insert(remarks_.end(), declaration.losses().begin(), declaration.losses().end());
  has_unroutable_ = declaration.has_unroutable();
  is_any_unanswered_ = declaration.is_any_unanswered();
  for (const auto& queue : consumed_queues_)
    if (auto reached = declaration.reached(topology_.queue(queue)); !reached)
      out_of_reach_.emplace(topology_.queue(queue), reached.error().text);
  if (declaration.has_no_answers() && !is_last_)
    return Error{
        fmt::format("the broker at {} answers nothing about any of the queues: is the node "
                    "of theirs down?",
                    url_.display())};
  if (spare == 0) return {};
  if (auto left = publishing_->leave_channel(declaring); !left) return left;
  return publishing_->begin_channel(kPublishingChannel);
}

Result<void> RabbitBroker::open_publishing(const std::string& name,
                                           std::chrono::milliseconds timeout) {
  auto publishing = action::Connection::open(url_, name + " (publishing)", timeout);
  if (!publishing) return publishing.error();
  publishing_ = std::move(*publishing);
  if (auto declared = declare(); !declared) return declared;
  auto publisher = action::Publisher::open(
      *publishing_, kPublishingChannel,
      [this](std::uint64_t number, const Result<void>& taken) {
        if (keys_ && keys_->confirmed(number)) return;
        if (listener_ != nullptr) listener_->on_published(number, taken);
      },
      action::Publisher::OnMissing::Reopen);
  if (!publisher) return publisher.error();
  publisher_ = std::move(*publisher);
  return {};
}

Result<void> RabbitBroker::open_consuming(const std::string& name,
                                          std::chrono::milliseconds timeout) {
  auto consuming = action::Connection::open(url_, name + " (consuming)", timeout);
  if (!consuming) return consuming.error();
  consuming_ = std::move(*consuming);
  return open_channels();
}

// All in one round trip: what is sent on a channel is carried out once it is open.
Result<void> RabbitBroker::open_channels() {
  const auto number_of = [](QueueIndex queue) { return static_cast<amqp_channel_t>(queue + 1); };
  consuming_->keep_channels(consumed_queues_.size() + 3);
  for (QueueIndex i = 0; i <= consumed_queues_.size(); ++i)
    if (auto begun = consuming_->begin_channel(number_of(i)); !begun) return begun;
  if (auto opened = open_pauses(number_of(consumed_queues_.size())); !opened) return opened;
  missing_ = std::make_unique<MissingQueues>(*consuming_, consumed_queues_.size());
  for (QueueIndex queue = 0; queue < consumed_queues_.size(); ++queue) {
    const auto number = number_of(queue);
    if (auto opened = consuming_->await_channel(number); !opened) return opened;
    channels_.emplace_back(*consuming_, number, queue, topology_.queue(consumed_queues_[queue]));
  }
  return {};
}

Result<void> RabbitBroker::open_pauses(amqp_channel_t number) {
  auto found = declare_pause_queues(*consuming_, number, topology_, consumed_queues_);
  if (!found) return found.error();
  for (const auto& queue : found->missing)
    pause_remarks_.push_back(
        fmt::format("the queue '{}' is not there, and the user '{}' may not make it: what it is "
                    "for can't be paused until 'actiond setup' has run as a user who may",
                    queue, url_.user));
  is_any_pause_unanswered_ = !found->unanswered.empty();
  for (const auto& queue : found->unanswered)
    pause_remarks_.push_back(
        fmt::format("the broker does not answer for the queue '{}': until it does, what it is for "
                    "counts as paused if it was, and else as not",
                    queue));
  std::vector<std::string> names;
  for (const auto& queue : consumed_queues_)
    names.push_back(pause_queue(topology_.application, queue));
  pauses_ = std::make_unique<PauseChannel>(*consuming_, number, topology_.type, std::move(names),
                                           found->are_paused);
  return {};
}

}  // namespace actiond
