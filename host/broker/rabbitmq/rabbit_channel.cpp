#include "broker/rabbitmq/rabbit_channel.hpp"

#include <fmt/format.h>

#include <utility>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/properties.hpp"

namespace actiond {

using action::close_reason;
using action::to_bytes;

RabbitChannel::RabbitChannel(action::Connection& connection, amqp_channel_t number,
                             QueueIndex queue, std::string queue_name)
    : connection_(connection), number_(number), queue_(queue), queue_name_(std::move(queue_name)) {}

Result<void> RabbitChannel::take(const amqp_frame_t& frame, BrokerListener& listener) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return take_method(frame.payload.method, listener);
    case AMQP_FRAME_HEADER:
      return take_header(frame, listener);
    case AMQP_FRAME_BODY:
      take_body(frame, listener);
      return {};
    default:
      return {};
  }
}

Result<void> RabbitChannel::take_method(const amqp_method_t& method, BrokerListener& listener) {
  switch (method.id) {
    case AMQP_BASIC_DELIVER_METHOD: {
      const auto& deliver = *static_cast<const amqp_basic_deliver_t*>(method.decoded);
      begin(deliver.delivery_tag, deliver.redelivered, false, deliver.routing_key);
      return {};
    }
    case AMQP_BASIC_GET_OK_METHOD: {
      const auto& got = *static_cast<const amqp_basic_get_ok_t*>(method.decoded);
      is_probing_ = false;
      begin(got.delivery_tag, got.redelivered, true, got.routing_key);
      return {};
    }
    case AMQP_BASIC_GET_EMPTY_METHOD:
      // Deliveries that were pushed earlier may still wait inside the broker's channel process.
      // One more round trip makes sure that they have been written before we are told.
      is_probing_ = false;
      return send_second_trip();
    case AMQP_BASIC_QOS_OK_METHOD:
      if (std::exchange(is_told_as_empty_, false) && is_missing_ && wanted_ > 0)
        listener.on_consuming(queue_, wanted_);
      if (is_second_trip_) listener.on_proven_empty(queue_);
      is_second_trip_ = false;
      return {};
    case AMQP_BASIC_CONSUME_OK_METHOD:
      is_awaiting_ok_ = is_refused_ = false;
      trouble_.clear();
      if (in_force_ == wanted_) listener.on_consuming(queue_, in_force_);
      return pursue();
    case AMQP_BASIC_CANCEL_METHOD:
      return take_cancel(*static_cast<const amqp_basic_cancel_t*>(method.decoded));
    case AMQP_CHANNEL_CLOSE_METHOD:
      return take_close(method);
    default:
      return {};
  }
}

// Its consumer is gone, but what it delivered goes on, and what becomes of that can be stored.
Result<void> RabbitChannel::take_cancel(const amqp_basic_cancel_t& cancelled) {
  if (action::to_string(cancelled.consumer_tag) != consumer_) return {};
  cancelled_after_ = window_.last();
  return lose_queue(is_cancelled());
}

// The queue was not deleted: the broker offers what is in hand again, over this connection. Only
// what was in hand of one that is gone is known again. What others gave back is no such thing.
bool RabbitChannel::is_in_hand(std::size_t id) const {
  return is_redelivered_ && window_.holds(id, cancelled_after_);
}

std::string RabbitChannel::is_offered_again() const {
  return fmt::format("the queue '{}' is back, and offers again what is in hand", queue_name_);
}

// What is in hand would be void with the channel: then all is begun anew, with the connection.
Result<void> RabbitChannel::take_close(const amqp_method_t& method) {
  const auto reason = close_reason(method);
  if (window_.unsettled() > 0 || window_.has_acks())
    return Error{
        fmt::format("the broker closed the channel of '{}': {}", queue_name_, reason.text)};
  amqp_channel_close_ok_t ok{};
  if (auto sent = connection_.send(number_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent) return sent;
  if (auto begun = connection_.begin_channel(number_); !begun) return begun;
  window_ = AckWindow();
  cancelled_after_ = 0;
  if (std::exchange(is_probing_, false)) is_second_trip_ = true;
  is_refused_ = !action::is_for_want_of_queue(reason);
  return lose_queue(is_refused_ ? can_not_be_consumed(reason.text) : is_gone());
}

std::string RabbitChannel::is_cancelled() const {
  return fmt::format(
      "the queue '{}' is gone: it was deleted with the events in it, by somebody or by a policy, "
      "or "
      "its node is down; it is made anew, or waited for",
      queue_name_);
}

std::string RabbitChannel::is_gone() const {
  return fmt::format(
      "the queue '{}' is gone, with the events in it: somebody deleted it, or a policy did; it is "
      "made anew",
      queue_name_);
}

std::string RabbitChannel::can_not_be_consumed(std::string_view why) const {
  return fmt::format(
      "nothing is taken from the queue '{}', for the broker says: {}; it is tried again",
      queue_name_, why);
}

// Whoever waits for a consumer, or for the answer to a probe, is told as of an empty queue.
Result<void> RabbitChannel::lose_queue(std::string trouble) {
  trouble_ = std::move(trouble);
  is_missing_ = true;
  in_force_ = 0;
  is_awaiting_ok_ = false;
  return answer_as_empty();
}

void RabbitChannel::miss(std::string trouble) {
  trouble_ = std::move(trouble);
  is_missing_ = true;
}

void RabbitChannel::stays_missing(std::string_view why) {
  if (is_missing_) trouble_ = can_not_be_consumed(why);
}

Result<void> RabbitChannel::answer_as_empty() {
  is_told_as_empty_ = true;
  return send_qos();
}

Result<void> RabbitChannel::is_there_again() {
  if (!std::exchange(is_missing_, false)) return {};
  if (wanted_ == 0 && !is_refused_) trouble_.clear();  // a refusal lasts until a consumer is taken
  return pursue();
}

void RabbitChannel::begin(std::uint64_t tag, bool is_redelivered, bool is_probed,
                          amqp_bytes_t routing_key) {
  window_.delivered(tag);
  tag_ = tag;
  is_redelivered_ = is_redelivered;
  is_probed_ = is_probed;
  routing_key_.assign(static_cast<const char*>(routing_key.bytes), routing_key.len);
}

Result<void> RabbitChannel::take_header(const amqp_frame_t& frame, BrokerListener& listener) {
  const auto& header = frame.payload.properties;
  action::read_properties(*static_cast<const amqp_basic_properties_t*>(header.decoded), header.raw,
                          message_);
  const std::size_t id = std::hash<std::string>()(message_.id);
  if (is_in_hand(id)) return Error{is_offered_again()};
  window_.know(id);
  message_.body.clear();
  missing_ = header.body_size;
  if (missing_ == 0) deliver(listener);
  return {};
}

void RabbitChannel::take_body(const amqp_frame_t& frame, BrokerListener& listener) {
  const auto& part = frame.payload.body_fragment;
  message_.body.append(static_cast<const char*>(part.bytes), part.len);
  missing_ -= std::min<std::uint64_t>(missing_, part.len);
  if (missing_ == 0) deliver(listener);
}

void RabbitChannel::deliver(BrokerListener& listener) {
  listener.on_delivery(queue_, tag_, is_redelivered_, message_);
  if (is_probed_) listener.on_probe_delivered(queue_);
}

Result<void> RabbitChannel::send_second_trip() {
  is_second_trip_ = true;
  return send_qos();
}

// Applies to consumers made after it: RabbitMQ's reading of basic.qos without `global`.
Result<void> RabbitChannel::send_qos() {
  amqp_basic_qos_t qos{0, static_cast<std::uint16_t>(wanted_), false};
  return connection_.send(number_, AMQP_BASIC_QOS_METHOD, &qos);
}

Result<void> RabbitChannel::consume(int prefetch) {
  wanted_ = prefetch;
  if (is_missing_) return answer_as_empty();
  return pursue();
}

Result<void> RabbitChannel::cancel() {
  wanted_ = 0;
  return pursue();
}

Result<void> RabbitChannel::pursue() {
  if (is_missing_ || is_awaiting_ok_ || in_force_ == wanted_) return {};
  if (in_force_ > 0)
    if (auto cancelled = cancel_consumer(); !cancelled) return cancelled;
  return wanted_ > 0 ? start_consumer() : Result<void>();
}

Result<void> RabbitChannel::cancel_consumer() {
  in_force_ = 0;
  amqp_basic_cancel_t cancel{to_bytes(consumer_), false};
  return connection_.send(number_, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

Result<void> RabbitChannel::start_consumer() {
  if (auto sent = send_qos(); !sent) return sent;
  in_force_ = wanted_;
  is_awaiting_ok_ = true;
  consumer_ = fmt::format("{}-{}", queue_name_, ++consumers_made_);
  amqp_basic_consume_t consume{};
  consume.queue = to_bytes(queue_name_);
  consume.consumer_tag = to_bytes(consumer_);
  return connection_.send(number_, AMQP_BASIC_CONSUME_METHOD, &consume);
}

Result<void> RabbitChannel::probe() {
  // The credit that waiting acknowledgements free must be known to the queue before it answers.
  if (auto flushed = flush(); !flushed) return flushed;
  if (is_missing_) return send_second_trip();
  is_probing_ = true;
  amqp_basic_get_t get{0, to_bytes(queue_name_), false};
  return connection_.send(number_, AMQP_BASIC_GET_METHOD, &get);
}

Result<void> RabbitChannel::give_back(std::uint64_t tag) {
  window_.forget(tag);
  amqp_basic_nack_t nack{tag, false, true};
  return connection_.send(number_, AMQP_BASIC_NACK_METHOD, &nack);
}

Result<void> RabbitChannel::flush() {
  if (!window_.has_acks()) return {};
  window_.take_acks(acks_);
  for (const auto& ack : acks_) {
    amqp_basic_ack_t method{ack.tag, ack.multiple};
    if (auto sent = connection_.send(number_, AMQP_BASIC_ACK_METHOD, &method); !sent) return sent;
  }
  return {};
}

}  // namespace actiond
