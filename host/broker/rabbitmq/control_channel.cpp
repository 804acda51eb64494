#include "broker/rabbitmq/control_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/seal.hpp"
#include "broker/rabbitmq/control_exchange.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace actiond {
namespace {

using action::to_bytes;

// What nobody who means well says: a request has a few hundred bytes, and is taken at once.
constexpr std::uint64_t kLongestRequest = 65536;
constexpr std::size_t kMostRequests = 1000;

// RabbitMQ's direct reply-to. An answer goes nowhere else, or whoever asks could have it put into
// a work queue.
constexpr std::string_view kDirectReply = "amq.rabbitmq.reply-to.";

}  // namespace

ControlChannel::ControlChannel(Channel hearing, Channel saying, std::string application,
                               std::function<bool()> has_room)
    : hearing_(hearing),
      saying_(saying),
      application_(std::move(application)),
      has_room_(std::move(has_room)) {}

// A broker that has not noticed yet that the connection before was cut keeps that one's queue,
// which is exclusive: so each has another name. What was refused before is asked for again.
Result<void> ControlChannel::join(const PollerName& name) {
  name_ = name;
  problem_.clear();
  if (queue_.empty())
    queue_ =
        fmt::format("{}.{}.{}.{}", control_exchange(application_), name.host, name.id, new_nonce());
  for (auto [channel, is_open] :
       {std::pair(&hearing_, &is_hearing_open_), std::pair(&saying_, &is_saying_open_)}) {
    if (std::exchange(*is_open, true)) continue;
    if (auto begun = channel->connection.begin_channel(channel->number); !begun) return begun;
  }
  return declare();
}

// All at once: what is refused closes the channel, and the broker reads nothing behind it.
Result<void> ControlChannel::declare() {
  auto& [connection, channel] = hearing_;
  for (const auto& step : control_steps(
           application_, queue_, {kToAll, to_host(name_.host), to_poller(name_.host, name_.id)}))
    if (auto sent = action::send_step(connection, channel, step); !sent) return sent;
  if (is_consuming_) return {};
  amqp_basic_consume_t consume{};
  consume.queue = to_bytes(queue_);
  consume.no_ack = true;
  consume.exclusive = true;
  return connection.send(channel, AMQP_BASIC_CONSUME_METHOD, &consume);
}

Result<void> ControlChannel::take(const amqp_frame_t& frame) {
  switch (frame.frame_type) {
    case AMQP_FRAME_METHOD:
      return take_method(frame.payload.method);
    case AMQP_FRAME_HEADER:
      take_header(frame);
      return {};
    case AMQP_FRAME_BODY:
      take_body(frame);
      return {};
    default:
      return {};
  }
}

// The broker refuses what is said here: nothing more is, until somebody joins again.
void ControlChannel::take_other(const amqp_frame_t& frame) {
  if (frame.channel != saying_.number || frame.frame_type != AMQP_FRAME_METHOD ||
      frame.payload.method.id != AMQP_CHANNEL_CLOSE_METHOD)
    return;
  is_saying_open_ = false;
  problem_ = action::close_reason(frame.payload.method).text;
  amqp_channel_close_ok_t ok{};
  (void)saying_.connection.send(saying_.number, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok).ok();
}

Result<void> ControlChannel::take_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_CONSUME_OK_METHOD:
      is_consuming_ = true;
      return {};
    case AMQP_BASIC_DELIVER_METHOD:
      coming_ = {};
      coming_.target =
          action::to_string(static_cast<amqp_basic_deliver_t*>(method.decoded)->routing_key);
      return {};
    case AMQP_BASIC_CANCEL_METHOD:  // somebody has deleted the queue
      is_consuming_ = false;
      return declare();
    case AMQP_CHANNEL_CLOSE_METHOD:
      return take_close(method);
    default:
      return {};
  }
}

// Until somebody joins again; events go on as before.
Result<void> ControlChannel::take_close(const amqp_method_t& method) {
  is_hearing_open_ = is_consuming_ = false;
  problem_ = action::close_reason(method).text;
  amqp_channel_close_ok_t ok{};
  return hearing_.connection.send(hearing_.number, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);
}

void ControlChannel::take_header(const amqp_frame_t& frame) {
  const auto& properties =
      *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
  if ((properties._flags & AMQP_BASIC_REPLY_TO_FLAG) != 0)
    coming_.reply_to = action::to_string(properties.reply_to);
  if ((properties._flags & AMQP_BASIC_CORRELATION_ID_FLAG) != 0)
    coming_.correlation_id = action::to_string(properties.correlation_id);
  missing_ = frame.payload.properties.body_size;
  is_too_long_ = missing_ > kLongestRequest;
  if (missing_ == 0) deliver();
}

void ControlChannel::take_body(const amqp_frame_t& frame) {
  const auto& part = frame.payload.body_fragment;
  if (!is_too_long_) coming_.body.append(static_cast<const char*>(part.bytes), part.len);
  missing_ -= std::min<std::uint64_t>(missing_, part.len);
  if (missing_ == 0) deliver();
}

void ControlChannel::deliver() {
  if (!is_too_long_ && requests_.size() < kMostRequests) requests_.push_back(std::move(coming_));
}

std::vector<FleetRequest> ControlChannel::take_requests() {
  return requests_.empty() ? std::vector<FleetRequest>() : std::exchange(requests_, {});
}

void ControlChannel::answer(const FleetRequest& request, const std::string& body) {
  if (request.reply_to.starts_with(kDirectReply))
    say("", request.reply_to, body, request.correlation_id);
}

void ControlChannel::say_hello(const std::string& body) {
  say(control_exchange(application_), kHello, body);
}

void ControlChannel::sign_roster(const std::string& body) {
  say("", roster_queue(application_), body);
}

// A connection that is lost shows itself where it is read.
void ControlChannel::say(std::string_view exchange, std::string_view key, const std::string& body,
                         std::string_view correlation_id) {
  if (!has_joined() || !has_room_()) return;
  (void)publish_control(saying_.connection, saying_.number,
                        {exchange, key, body, {}, correlation_id})
      .ok();
}

}  // namespace actiond
