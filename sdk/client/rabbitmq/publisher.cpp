#include "client/rabbitmq/publisher.hpp"

#include <fmt/format.h>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

constexpr std::size_t kShortString = 255;  // in bytes; a longer one breaks the frames of its method

std::string return_text(const amqp_basic_return_t& returned) {
  return fmt::format("the broker has no queue for '{}' at the exchange '{}' ({})",
                     to_string(returned.routing_key), to_string(returned.exchange),
                     to_string(returned.reply_text));
}

}  // namespace

Result<std::unique_ptr<Publisher>> Publisher::open(Connection& connection, amqp_channel_t channel,
                                                   OnSettled on_settled, OnRefusal on_refusal) {
  std::unique_ptr<Publisher> publisher(
      new Publisher(connection, channel, std::move(on_settled), on_refusal));
  if (auto selected = publisher->select_confirms(); !selected) return selected.error();
  return publisher;
}

Result<void> Publisher::select_confirms() {
  amqp_confirm_select_t select{/*nowait=*/true};
  return connection_.send(channel_, AMQP_CONFIRM_SELECT_METHOD, &select);
}

Result<std::uint64_t> Publisher::publish(const std::string& exchange,
                                         const std::string& routing_key, const Message& message) {
  for (const std::string* name : {&exchange, &routing_key, &message.event, &message.id})
    if (name->size() > kShortString)
      return Error{
          fmt::format("a name in AMQP has at most {} bytes, not {}", kShortString, name->size()),
          Fault::Lasting};
  amqp_basic_publish_t method{0, to_bytes(exchange), to_bytes(routing_key), /*mandatory=*/true,
                              /*immediate=*/false};
  auto sent = connection_.publish(channel_, method, properties_.build(message), message.body);
  if (!sent) return sent.error();
  return window_.add(message.id, {exchange, message.body.size()});
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

Result<void> Publisher::take(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) return take_method(frame.payload.method);
  // Only a returned message brings its header and body back.
  if (frame.frame_type == AMQP_FRAME_HEADER)
    take_returned(*static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded));
  return {};
}

// Its id tells which one it was; the ack that follows would not.
void Publisher::take_returned(const amqp_basic_properties_t& properties) {
  const bool has_id = (properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0;
  window_.give_back(has_id ? to_string(properties.message_id) : std::string(), return_reason_);
}

Result<void> Publisher::take_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      window_.settle(ack->delivery_tag, ack->multiple, true);
      return {};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
      window_.settle(nack->delivery_tag, nack->multiple, false);
      return {};
    }
    case AMQP_BASIC_RETURN_METHOD:
      return_reason_ = return_text(*static_cast<const amqp_basic_return_t*>(method.decoded));
      return {};
    case AMQP_CONNECTION_BLOCKED_METHOD:
      is_blocked_ = true;
      blocked_reason_ =
          to_string(static_cast<const amqp_connection_blocked_t*>(method.decoded)->reason);
      return {};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      is_blocked_ = false;
      return {};
    case AMQP_CHANNEL_CLOSE_METHOD:
      return take_close(method);
    case AMQP_CONNECTION_CLOSE_METHOD:
      return Error{end_of(method, "publishing channel")};
    default:
      return {};
  }
}

// What is published from now on waits in the broker for the channel. Told last: whoever is told may
// publish again.
Result<void> Publisher::take_close(const amqp_method_t& method) {
  const std::string text = end_of(method, "publishing channel");
  if (on_refusal_ == OnRefusal::End) return Error{text};
  const CloseReason reason = close_reason(method);
  amqp_channel_close_ok_t ok{};
  if (auto sent = connection_.send(channel_, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent) return sent;
  if (auto begun = connection_.begin_channel(channel_); !begun) return begun;
  if (auto selected = select_confirms(); !selected) return selected;
  window_.closed(reason.text,
                 fmt::format("the broker refused the message ({} {})", reason.code, reason.text));
  return {};
}

}  // namespace action
