#include "broker/rabbitmq/rabbit_broker.hpp"

#include <fmt/format.h>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/delay.hpp"

namespace actiond {

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
  if (missing_->asked_on(frame.channel)) return take_of_missing(frame);
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
    if (!channel.is_missing()) continue;
    const auto asked = missing_->ask(channel.queue_index(), channel.queue_name());
    if (!asked) return asked.error();
    if (*asked) continue;
    if (auto again = try_again(channel); !again) return again;
  }
  return {};
}

Result<void> RabbitBroker::take_of_missing(const amqp_frame_t& frame) {
  const auto answer = missing_->take(frame);
  if (!answer) return answer.error();
  if (!*answer) return {};
  RabbitChannel& channel = channels_[(*answer)->queue];
  if ((*answer)->away.empty()) return try_again(channel);
  channel.stays_missing((*answer)->away);
  has_news_of_queues_ = true;  // so that it is asked for again
  return {};
}

Result<void> RabbitBroker::try_again(RabbitChannel& channel) {
  const bool had_trouble = !channel.trouble().empty();
  if (auto again = channel.is_there_again(); !again) return again;
  if (channel.trouble().empty() == had_trouble) has_news_of_queues_ = true;
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
  // A broker ends no connection before it has answered on all its channels.
  if (is_any_unanswered_) return begin_close();
  // basic.ack has no reply; only the answer to a later request shows that it was applied.
  if (auto closed = consuming_->close(); !closed) return closed;
  return publishing_->close();
}

}  // namespace actiond
