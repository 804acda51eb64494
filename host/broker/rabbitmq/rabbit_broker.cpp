#include "broker/rabbitmq/rabbit_broker.hpp"

#include <fmt/format.h>

#include <future>

#include "broker/rabbitmq/pause_queues.hpp"
#include "broker/rabbitmq/rabbit_backlog.hpp"
#include "broker/target.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace actiond {
namespace {

constexpr amqp_channel_t kPublishingChannel = 1;  // and the publisher's other one is 3
constexpr amqp_channel_t kSayingChannel = 2;

}  // namespace

Result<std::unique_ptr<Broker>> RabbitBroker::connect(const action::BrokerUrl& url,
                                                      const Config& config, const std::string& name,
                                                      std::chrono::milliseconds timeout) {
  std::unique_ptr<RabbitBroker> broker(new RabbitBroker(url, config));
  if (auto opened = broker->open(name, timeout); !opened) return opened.error();
  if (broker->has_unroutable_) broker->route_again(config, name, timeout);
  return std::unique_ptr<Broker>(std::move(broker));
}

RabbitBroker::RabbitBroker(action::BrokerUrl url, const Config& config)
    : url_(std::move(url)),
      topology_(topology_of(config)),
      consumed_queues_(config.queues_to_consume()) {}

// Both at once: each of them takes a broker that is far away four round trips.
Result<void> RabbitBroker::open(const std::string& name, std::chrono::milliseconds timeout) {
  auto consuming = std::async(std::launch::async, [&] { return open_consuming(name, timeout); });
  auto publishing = open_publishing(name, timeout);
  auto consumed = consuming.get();
  remarks_.insert(remarks_.end(), pause_remarks_.begin(), pause_remarks_.end());
  if (publishing && consumed) make_control();
  return publishing ? consumed : publishing;
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

Result<void> RabbitBroker::open_publishing(const std::string& name,
                                           std::chrono::milliseconds timeout) {
  auto publishing = action::Connection::open(url_, name + " (publishing)", timeout);
  if (!publishing) return publishing.error();
  publishing_ = std::move(*publishing);
  if (auto begun = publishing_->begin_channel(kPublishingChannel); !begun) return begun;
  action::Declaration declaration(topology_);
  if (auto declared = declaration.look().queues().delays().run(*publishing_, kPublishingChannel);
      !declared)
    return declared;
  remarks_ = declaration.remarks();
  remarks_.insert(remarks_.end(), declaration.losses().begin(), declaration.losses().end());
  has_unroutable_ = declaration.has_unroutable();
  auto publisher = action::Publisher::open(
      *publishing_, kPublishingChannel,
      [this](std::uint64_t number, const Result<void>& taken) {
        if (keys_ && keys_->confirmed(number)) return;
        if (listener_ != nullptr) listener_->on_published(number, taken);
      },
      action::Publisher::OnRefusal::Reopen);
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
  for (QueueIndex i = 0; i <= consumed_queues_.size(); ++i)
    if (auto begun = consuming_->begin_channel(number_of(i)); !begun) return begun;
  if (auto opened = open_pauses(number_of(consumed_queues_.size())); !opened) return opened;
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

Result<void> RabbitBroker::receive(BrokerListener& listener) {
  if (is_closing_) return hear_goodbye();
  const bool skips_publishing = std::exchange(skips_publishing_, false);
  if (!std::exchange(skips_consuming_, false))
    if (auto consumed = receive_deliveries(listener); !consumed) return consumed;
  if (!skips_publishing) {
    listener_ = &listener;
    auto polled = publisher_->poll();
    listener_ = nullptr;
    if (!polled) return polled;
  }
  if (keys_) keys_->tell(listener);
  return {};
}

Result<void> RabbitBroker::receive_deliveries(BrokerListener& listener) {
  amqp_frame_t frame;
  for (;;) {
    auto read = consuming_->next_frame(frame);
    if (!read) return read.error();
    if (!*read) return {};
    auto taken = take(frame, listener);
    consuming_->release(frame.channel);
    if (!taken) return taken;
  }
}

Result<void> RabbitBroker::take(const amqp_frame_t& frame, BrokerListener& listener) {
  if (frame.channel >= 1 && frame.channel <= channels_.size()) {
    RabbitChannel& channel = channels_[frame.channel - 1];
    const bool was_missing = channel.is_missing();
    const bool had_trouble = !channel.trouble().empty();
    auto taken = channel.take(frame, listener);
    if (channel.is_missing() != was_missing || channel.trouble().empty() == had_trouble)
      has_news_of_queues_ = true;
    return taken;
  }
  if (frame.channel == channels_.size() + 1) return pauses_->take(frame, listener);
  if (frame.channel == channels_.size() + 2) return control_->take(frame);
  if (keys_ && frame.channel == channels_.size() + 3) return keys_->take(frame);
  if (frame.frame_type == AMQP_FRAME_METHOD &&
      frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
    return Error{fmt::format("the broker closed the connection: {}",
                             action::close_reason(frame.payload.method).text)};
  return {};
}

std::string RabbitBroker::few_channels() const {
  return fmt::format(
      "the broker allows {} channels on a connection; raise channel_max in its configuration",
      consuming_->channel_max());
}

// What is written of keys is lost in an alarm rather than awaited: then a second one may run.
void RabbitBroker::make_keys() {
  const auto number = static_cast<amqp_channel_t>(consumed_queues_.size() + 3);
  keys_ = std::make_unique<KeyChannel>(
      *consuming_, number, topology_.application,
      [this](const std::string& queue, const Message& message) -> std::optional<std::uint64_t> {
        if (is_blocked()) return std::nullopt;
        const auto published = publisher_->publish("", queue, message);
        return published ? std::optional(*published) : std::nullopt;
      });
}

Result<void> RabbitBroker::ask_for_key(QueueIndex queue, std::uint64_t tag, const Message& message,
                                       BrokerListener& listener) {
  if (consumed_queues_.size() + 3 > consuming_->channel_max()) {
    if (!std::exchange(has_told_keys_, true))
      listener.on_remark("unique keys are ignored here: " + few_channels());
    listener.on_key(queue, tag, true, "");
    return {};
  }
  if (!keys_) make_keys();
  auto asked = keys_->ask(queue, tag, message);
  keys_->tell(listener);
  return asked;
}

void RabbitBroker::acknowledge(QueueIndex queue, std::uint64_t tag, Handled handled) {
  if (keys_) (void)keys_->acknowledged(queue, tag, handled).ok();  // lost: receive will say so
  channels_[queue].acknowledge(tag);
}

Result<void> RabbitBroker::give_back(QueueIndex queue, std::uint64_t tag) {
  if (keys_)
    if (auto given = keys_->given_back(queue, tag); !given) return given;
  return channels_[queue].give_back(tag);
}

std::optional<std::vector<std::string>> RabbitBroker::take_queue_problems() {
  if (!std::exchange(has_news_of_queues_, false)) return std::nullopt;
  std::vector<std::string> problems;
  for (const auto& channel : channels_)
    if (!channel.trouble().empty()) problems.push_back(channel.trouble());
  return problems;
}

Result<void> RabbitBroker::tended() {
  pauses_->look_at_all();
  for (auto& channel : channels_) {
    const bool had_trouble = !channel.trouble().empty();
    if (auto again = channel.is_there_again(); !again) return again;
    if (channel.trouble().empty() == had_trouble) has_news_of_queues_ = true;
  }
  return {};
}

Result<void> RabbitBroker::flush() {
  for (auto& channel : channels_)
    if (auto flushed = channel.flush(); !flushed) return flushed;
  return {};
}

Result<std::uint64_t> RabbitBroker::publish(const std::string& queue, const Message& message) {
  return publisher_->publish(topology_.application, queue, message);
}

// By the default exchange, so that no work queue's name can collide with it.
Result<std::uint64_t> RabbitBroker::publish_dead(const Message& message) {
  if (keys_) keys_->died(message.id);
  return publisher_->publish("", topology_.dead(), message);
}

Result<std::uint64_t> RabbitBroker::publish_later(const std::string& queue, const Message& message,
                                                  std::chrono::milliseconds delay) {
  return action::publish_later(*publisher_, topology_.application, queue, message, delay);
}

// Deliveries may come before the answer, and are the broker's again.
Result<void> RabbitBroker::hear_goodbye() {
  amqp_frame_t frame;
  for (;;) {
    auto read = consuming_->next_frame(frame);
    if (!read) return read.error();
    if (!*read) return {};
    is_closed_ = is_closed_ || (frame.channel == 0 && frame.frame_type == AMQP_FRAME_METHOD &&
                                frame.payload.method.id == AMQP_CONNECTION_CLOSE_OK_METHOD);
    consuming_->release(frame.channel);
  }
}

// The publishing connection has nothing more to say: what is unconfirmed by now is given up.
Result<void> RabbitBroker::begin_close() {
  if (auto flushed = flush(); !flushed) return flushed;
  is_closing_ = true;
  consuming_->say_goodbye();
  publishing_->say_goodbye();
  return {};
}

Result<void> RabbitBroker::close() {
  if (auto flushed = flush(); !flushed) return flushed;
  // basic.ack has no reply; only the answer to a later request shows that it was applied.
  if (auto closed = consuming_->close(); !closed) return closed;
  return publishing_->close();
}

}  // namespace actiond
