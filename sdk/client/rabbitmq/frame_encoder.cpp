#include "client/rabbitmq/frame_encoder.hpp"

#include <algorithm>
#include <cstdint>

namespace action {
namespace {

constexpr std::size_t kMethodHead = 4;    // which method it is
constexpr std::size_t kContentHead = 12;  // the class, a weight, the body's size

// In the order of the network.
template <typename Number>
void write_number(char* to, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    to[i] = static_cast<char>(number >> (8 * (sizeof number - 1 - i)) & 0xff);
}

}  // namespace

void FrameEncoder::add_frame(std::string& out, int type, amqp_channel_t channel,
                             std::string_view payload) {
  char head[7];
  head[0] = static_cast<char>(type);
  write_number<std::uint16_t>(head + 1, channel);
  write_number(head + 3, static_cast<std::uint32_t>(payload.size()));
  out.append(head, sizeof head);
  out.append(payload);
  out.push_back(static_cast<char>(AMQP_FRAME_END));
}

int FrameEncoder::add_method(std::string& out, amqp_channel_t channel, amqp_method_number_t method,
                             void* fields) {
  write_number<std::uint32_t>(payload_.get(), method);
  const amqp_bytes_t rest{most_ - kMethodHead, payload_.get() + kMethodHead};
  const int size = amqp_encode_method(method, fields, rest);
  if (size < 0) return size;
  add_frame(out, AMQP_FRAME_METHOD, channel,
            {payload_.get(), kMethodHead + static_cast<std::size_t>(size)});
  return AMQP_STATUS_OK;
}

int FrameEncoder::add_content(std::string& out, amqp_channel_t channel,
                              const amqp_basic_properties_t& properties, std::string_view body) {
  write_number<std::uint16_t>(payload_.get(), AMQP_BASIC_CLASS);
  write_number<std::uint16_t>(payload_.get() + 2, 0);
  write_number<std::uint64_t>(payload_.get() + 4, body.size());
  const amqp_bytes_t rest{most_ - kContentHead, payload_.get() + kContentHead};
  const int size = amqp_encode_properties(AMQP_BASIC_CLASS,
                                          const_cast<amqp_basic_properties_t*>(&properties), rest);
  if (size < 0) return size;
  add_frame(out, AMQP_FRAME_HEADER, channel,
            {payload_.get(), kContentHead + static_cast<std::size_t>(size)});
  for (; !body.empty(); body.remove_prefix(std::min(body.size(), most_)))
    add_frame(out, AMQP_FRAME_BODY, channel, body.substr(0, most_));
  return AMQP_STATUS_OK;
}

}  // namespace action
