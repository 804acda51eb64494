#include "client/rabbitmq/publisher.hpp"

#include <fmt/format.h>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

constexpr std::size_t kShortString = 255;  // in bytes; a longer one breaks the frames of its method
constexpr amqp_channel_t kSpare = 2;       // so far above the first channel is the other one
constexpr std::chrono::milliseconds kLeastLife{100};  // of a channel that is doubted

std::string return_text(const amqp_basic_return_t& returned) {
  return fmt::format("the broker has no queue for '{}' at the exchange '{}' ({})",
                     to_string(returned.routing_key), to_string(returned.exchange),
                     to_string(returned.reply_text));
}

}  // namespace

Result<std::unique_ptr<Publisher>> Publisher::open(Connection& connection, amqp_channel_t channel,
                                                   OnSettled on_settled, OnMissing on_missing) {
  std::unique_ptr<Publisher> publisher(
      new Publisher(connection, channel, std::move(on_settled), on_missing));
  if (auto selected = publisher->select_confirms(); !selected) return selected.error();
  return publisher;
}

Publisher::Publisher(Connection& connection, amqp_channel_t channel, OnSettled on_settled,
                     OnMissing on_missing)
    : connection_(connection),
      first_channel_(channel),
      properties_(connection.frame_max()),
      on_settled_(std::move(on_settled)),
      on_missing_(on_missing),
      lane_(std::make_unique<Lane>(channel, on_settled_, 1)) {}

std::size_t Publisher::unconfirmed() const {
  return lane_->window.unconfirmed() + (former_ ? former_->window.unconfirmed() : 0);
}

Result<void> Publisher::select_confirms() {
  amqp_confirm_select_t select{/*nowait=*/true};
  return connection_.send(lane_->channel, AMQP_CONFIRM_SELECT_METHOD, &select);
}

// The other channel is free once the one before it is closed. A queue that is full makes no more
// than ten channels a second.
Result<void> Publisher::renew() {
  const auto now = std::chrono::steady_clock::now();
  if (former_ != nullptr || now - renewed_at_ < kLeastLife) return {};
  if (first_channel_ + kSpare > connection_.channel_max()) return {};  // it does without
  renewed_at_ = now;
  const bool is_first = lane_->channel == first_channel_;
  former_ = std::move(lane_);
  lane_ = std::make_unique<Lane>(
      static_cast<amqp_channel_t>(is_first ? first_channel_ + kSpare : first_channel_), on_settled_,
      former_->window.next());
  if (auto begun = connection_.begin_channel(lane_->channel); !begun) return begun;
  if (auto selected = select_confirms(); !selected) return selected;
  return close_former();
}

// Once it has nothing to answer for: the broker forgets what a closed channel has sent.
Result<void> Publisher::close_former() {
  if (former_ == nullptr || former_->is_closing || former_->window.unconfirmed() > 0) return {};
  former_->is_closing = true;
  amqp_channel_close_t close{AMQP_REPLY_SUCCESS, amqp_cstring_bytes("renewed"), 0, 0};
  return connection_.send(former_->channel, AMQP_CHANNEL_CLOSE_METHOD, &close);
}

Result<std::uint64_t> Publisher::publish(const std::string& exchange,
                                         const std::string& routing_key, const Message& message) {
  for (const std::string* name : {&exchange, &routing_key, &message.event, &message.id})
    if (name->size() > kShortString)
      return Error{
          fmt::format("a name in AMQP has at most {} bytes, not {}", kShortString, name->size()),
          Fault::Lasting};
  if (lane_->is_doubtful)
    if (auto renewed = renew(); !renewed) return renewed.error();
  amqp_basic_publish_t method{0, to_bytes(exchange), to_bytes(routing_key), /*mandatory=*/true,
                              /*immediate=*/false};
  auto sent = connection_.publish(lane_->channel, method, properties_.build(message), message.body);
  if (!sent) return sent.error();
  return lane_->window.add(message.id, {exchange, message.body.size()});
}

Result<void> Publisher::poll() {
  return wait(std::chrono::milliseconds(0));
}

Result<void> Publisher::wait(std::chrono::milliseconds timeout) {
  amqp_frame_t frame;
  for (;;) {
    auto read = connection_.next_frame(frame, timeout);
    if (!read) return read.error();
    if (!*read) return {};
    auto taken = take(frame);
    connection_.release(frame.channel);
    if (!taken) return taken;
    timeout = std::chrono::milliseconds(0);
  }
}

Publisher::Lane* Publisher::lane_of(amqp_channel_t channel) {
  if (channel == lane_->channel) return lane_.get();
  return former_ != nullptr && channel == former_->channel ? former_.get() : nullptr;
}

Result<void> Publisher::take(const amqp_frame_t& frame) {
  Lane* const lane = lane_of(frame.channel);
  if (lane == nullptr && frame.channel != 0 && tell_other_) tell_other_(frame);
  if (frame.frame_type == AMQP_FRAME_METHOD)
    return lane != nullptr ? take_method_of(*lane, frame.payload.method)
                           : take_method(frame.payload.method);
  // Only a returned message brings its header and body back.
  if (frame.frame_type == AMQP_FRAME_HEADER && lane != nullptr)
    take_returned(*lane,
                  *static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded),
                  return_reason_);
  return {};
}

// Its id tells which one it was; the ack that follows would not.
void Publisher::take_returned(Lane& lane, const amqp_basic_properties_t& properties,
                              const std::string& reason) {
  const bool has_id = (properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0;
  lane.window.give_back(has_id ? to_string(properties.message_id) : std::string(), reason);
}

Result<void> Publisher::take_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_CONNECTION_BLOCKED_METHOD:
      is_blocked_ = true;
      blocked_reason_ =
          to_string(static_cast<const amqp_connection_blocked_t*>(method.decoded)->reason);
      return {};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      is_blocked_ = false;
      return {};
    case AMQP_CONNECTION_CLOSE_METHOD:
      return Error{end_of(method, "publishing channel")};
    default:
      return {};
  }
}

Result<void> Publisher::take_method_of(Lane& lane, const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      return settle(lane, ack->delivery_tag, ack->multiple, true);
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
      return settle(lane, nack->delivery_tag, nack->multiple, false);
    }
    case AMQP_BASIC_RETURN_METHOD:
      return_reason_ = return_text(*static_cast<const amqp_basic_return_t*>(method.decoded));
      return {};
    case AMQP_CHANNEL_CLOSE_METHOD:
      return take_close(lane, method);
    case AMQP_CHANNEL_CLOSE_OK_METHOD:
      if (&lane == former_.get()) former_.reset();
      return {};
    default:
      return {};
  }
}

Result<void> Publisher::settle(Lane& lane, std::uint64_t tag, bool multiple, bool taken) {
  if (!taken) lane.is_doubtful = true;
  lane.window.settle(tag, multiple, taken);
  return close_former();
}

// What is published from now on waits in the broker for the channel. Told last: whoever is told may
// publish again.
Result<void> Publisher::take_close(Lane& lane, const amqp_method_t& method) {
  const CloseReason reason = close_reason(method);
  if (on_missing_ == OnMissing::End && reason.code == AMQP_NOT_FOUND)
    return Error{end_of(method, "publishing channel")};
  amqp_channel_close_ok_t ok{};
  if (auto sent = connection_.send(lane.channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent)
    return sent;
  std::unique_ptr<Lane> former;  // outlives what it tells
  if (&lane == former_.get()) {
    former = std::move(former_);
  } else {
    lane.is_doubtful = false;
    if (auto begun = connection_.begin_channel(lane.channel); !begun) return begun;
    if (auto selected = select_confirms(); !selected) return selected;
  }
  lane.window.closed(
      reason.text, fmt::format("the broker refused the message ({} {})", reason.code, reason.text));
  return {};
}

}  // namespace action
