#include "client/publisher.hpp"

#include <amqp_framing.h>
#include <fmt/format.h>

namespace action {

Result<std::unique_ptr<Publisher>> Publisher::open(Connection& connection, amqp_channel_t channel,
                                                   OnSettled on_settled) {
  amqp_confirm_select(connection.raw(), channel);
  if (auto selected = connection.check_rpc("asking for publisher confirms"); !selected)
    return selected.error();
  return std::unique_ptr<Publisher>(new Publisher(connection, channel, std::move(on_settled)));
}

Result<std::uint64_t> Publisher::publish(const std::string& exchange,
                                         const std::string& routing_key, const Message& message) {
  const auto& properties = properties_.build(message);
  const int status = amqp_basic_publish(
      connection_.raw(), channel_, to_bytes(exchange), to_bytes(routing_key),
      /*mandatory=*/true, /*immediate=*/false, &properties, to_bytes(message.body));
  if (status != AMQP_STATUS_OK)
    return Error{
        fmt::format("the connection to the broker was lost ({})", amqp_error_string2(status))};
  pending_.push_back({message.id, {}, false});
  return first_ + pending_.size() - 1;
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
    connection_.release(channel_);
    if (!taken) return taken;
    timeout = std::chrono::milliseconds(0);
  }
}

Result<void> Publisher::take(const amqp_frame_t& frame) {
  if (frame.frame_type == AMQP_FRAME_METHOD) return take_method(frame.payload.method);
  // Only a returned message brings its header and body back; its id tells which one it was.
  if (frame.frame_type == AMQP_FRAME_HEADER && !return_reason_.empty()) {
    const auto* properties =
        static_cast<const amqp_basic_properties_t*>(frame.payload.properties.decoded);
    const std::string id = to_string(properties->message_id);
    for (auto& pending : pending_)
      if (!pending.is_settled && pending.returned.empty() && pending.id == id) {
        pending.returned = return_reason_;
        break;
      }
    return_reason_.clear();
  }
  return {};
}

Result<void> Publisher::take_method(const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      settle_up_to(ack->delivery_tag, ack->multiple, true);
      return {};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
      settle_up_to(nack->delivery_tag, nack->multiple, false);
      return {};
    }
    case AMQP_BASIC_RETURN_METHOD: {
      const auto* returned = static_cast<const amqp_basic_return_t*>(method.decoded);
      return_reason_ = fmt::format("the broker has no queue for '{}' at the exchange '{}' ({})",
                                   to_string(returned->routing_key), to_string(returned->exchange),
                                   to_string(returned->reply_text));
      return {};
    }
    case AMQP_CONNECTION_BLOCKED_METHOD:
      is_blocked_ = true;
      return {};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      is_blocked_ = false;
      return {};
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD: {
      const CloseReason reason = close_reason(method);
      return Error{
          fmt::format("the broker closed the publishing channel: {} {}", reason.code, reason.text)};
    }
    default:
      return {};
  }
}

void Publisher::settle_up_to(std::uint64_t number, bool multiple, bool taken) {
  if (!multiple) {
    settle(number, taken);
  } else {
    for (std::uint64_t each = first_; each <= number; ++each) settle(each, taken);
  }
  while (!pending_.empty() && pending_.front().is_settled) {
    pending_.pop_front();
    ++first_;
    --settled_in_pending_;
  }
}

void Publisher::settle(std::uint64_t number, bool taken) {
  if (number < first_ || number >= first_ + pending_.size()) return;
  Pending& pending = pending_[number - first_];
  if (pending.is_settled) return;
  pending.is_settled = true;
  ++settled_in_pending_;
  if (!taken)
    on_settled_(
        number,
        Error{"the broker did not take the message (basic.nack): its queue is full or broken"});
  else if (!pending.returned.empty())
    on_settled_(number, Error{pending.returned});
  else
    on_settled_(number, {});
}

}  // namespace action
