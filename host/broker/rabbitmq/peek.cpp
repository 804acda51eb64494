#include "broker/rabbitmq/peek.hpp"

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/properties.hpp"

namespace actiond {
namespace {

// The rest of a message that is being read, header and body.
Result<action::Message> read_message(action::Connection& connection, amqp_channel_t channel) {
  action::Message message;
  std::uint64_t size = 0;
  bool has_header = false;
  amqp_frame_t frame;
  while (!has_header || message.body.size() < size) {
    if (auto read = connection.next_frame_on(channel, frame); !read) return read.error();
    if (frame.frame_type == AMQP_FRAME_HEADER) {
      const auto& header = frame.payload.properties;
      has_header = true;
      size = header.body_size;
      action::read_properties(*static_cast<const amqp_basic_properties_t*>(header.decoded),
                              header.raw, message);
    } else if (frame.frame_type == AMQP_FRAME_BODY) {
      message.body += action::to_string(frame.payload.body_fragment);
    }
    connection.release(channel);
  }
  return message;
}

Result<void> put_back(action::Connection& connection, amqp_channel_t channel, std::uint64_t tag) {
  amqp_basic_nack_t keep{tag, false, true};
  return connection.send(channel, AMQP_BASIC_NACK_METHOD, &keep);
}

Result<void> take_out(action::Connection& connection, amqp_channel_t channel, std::uint64_t tag) {
  amqp_basic_ack_t done{tag, false};
  return connection.send(channel, AMQP_BASIC_ACK_METHOD, &done);
}

}  // namespace

Result<std::optional<std::string>> peek(action::Connection& connection, amqp_channel_t channel,
                                        const std::string& queue, const Renew& renew) {
  amqp_basic_get_t get{0, action::to_bytes(queue), false};
  const auto answer = connection.call(channel, AMQP_BASIC_GET_METHOD, &get);
  if (!answer) return answer.error();
  const bool is_there = answer->id == AMQP_BASIC_GET_OK_METHOD;
  const auto tag = is_there ? static_cast<amqp_basic_get_ok_t*>(answer->decoded)->delivery_tag : 0;
  connection.release(channel);
  if (!is_there) return std::optional<std::string>();
  auto message = read_message(connection, channel);
  if (!message) return message.error();
  const bool is_renewed = message->returned > 0 && renew && renew(message->body);
  const auto left =
      is_renewed ? take_out(connection, channel, tag) : put_back(connection, channel, tag);
  if (!left) return left.error();
  return std::optional(std::move(message->body));
}

}  // namespace actiond
