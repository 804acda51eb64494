#include "broker/rabbitmq/peek.hpp"

#include "client/rabbitmq/amqp.hpp"

namespace actiond {
namespace {

// The rest of a message that is being read, header and body.
Result<std::string> read_body(action::Connection& connection, amqp_channel_t channel) {
  std::string body;
  std::uint64_t size = 0;
  bool has_header = false;
  amqp_frame_t frame;
  while (!has_header || body.size() < size) {
    if (auto read = connection.next_frame_on(channel, frame); !read) return read.error();
    if (frame.frame_type == AMQP_FRAME_HEADER) {
      has_header = true;
      size = frame.payload.properties.body_size;
    } else if (frame.frame_type == AMQP_FRAME_BODY) {
      body += action::to_string(frame.payload.body_fragment);
    }
    connection.release(channel);
  }
  return body;
}

}  // namespace

Result<std::optional<std::string>> peek(action::Connection& connection, amqp_channel_t channel,
                                        const std::string& queue) {
  amqp_basic_get_t get{0, action::to_bytes(queue), false};
  const auto answer = connection.call(channel, AMQP_BASIC_GET_METHOD, &get);
  if (!answer) return answer.error();
  const bool is_there = answer->id == AMQP_BASIC_GET_OK_METHOD;
  const auto tag = is_there ? static_cast<amqp_basic_get_ok_t*>(answer->decoded)->delivery_tag : 0;
  connection.release(channel);
  if (!is_there) return std::optional<std::string>();
  auto body = read_body(connection, channel);
  if (!body) return body.error();
  amqp_basic_nack_t keep{tag, false, true};
  if (auto sent = connection.send(channel, AMQP_BASIC_NACK_METHOD, &keep); !sent)
    return sent.error();
  return std::optional(std::move(*body));
}

}  // namespace actiond
