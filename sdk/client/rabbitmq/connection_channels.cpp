// A connection's channels: their numbers, how they come and go, and calls on them.
#include <fmt/format.h>

#include <limits>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/connection.hpp"

namespace action {

Result<void> Connection::open_channel(amqp_channel_t channel) {
  if (auto sent = begin_channel(channel); !sent) return sent;
  return await_channel(channel);
}

amqp_channel_t Connection::channel_max() const {
  const int most = amqp_get_channel_max(state_);
  return most > 0 ? static_cast<amqp_channel_t>(most) : std::numeric_limits<amqp_channel_t>::max();
}

amqp_channel_t Connection::spare_channel() {
  if (channel_max() <= spares_taken_ + kept_channels_) return 0;
  return static_cast<amqp_channel_t>(channel_max() - spares_taken_++);
}

Result<void> Connection::begin_channel(amqp_channel_t channel) {
  amqp_channel_open_t open{amqp_empty_bytes};
  return send(channel, AMQP_CHANNEL_OPEN_METHOD, &open);
}

Result<void> Connection::await_channel(amqp_channel_t channel) {
  amqp_frame_t frame;
  if (auto read = next_frame_on(channel, frame); !read)
    return read.error().within("opening a channel");
  return {};
}

Result<void> Connection::leave_channel(amqp_channel_t channel) {
  amqp_channel_close_t close{AMQP_REPLY_SUCCESS, amqp_cstring_bytes("Goodbye"), 0, 0};
  return send(channel, AMQP_CHANNEL_CLOSE_METHOD, &close);
}

Result<void> Connection::reopen_channel(amqp_channel_t channel) {
  amqp_channel_close_ok_t ok{};
  if (auto sent = send(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent) return sent;
  return open_channel(channel);
}

Result<amqp_method_t> Connection::call(amqp_channel_t channel, amqp_method_number_t method,
                                       void* fields) {
  if (auto sent = send(channel, method, fields); !sent) return sent.error();
  amqp_frame_t frame;
  do {
    if (auto read = next_frame_on(channel, frame); !read) return read.error();
  } while (frame.frame_type != AMQP_FRAME_METHOD);
  if (frame.payload.method.id != AMQP_CHANNEL_CLOSE_METHOD) return frame.payload.method;
  const CloseReason reason = close_reason(frame.payload.method);
  release(channel);
  if (auto reopened = reopen_channel(channel); !reopened) return reopened.error();
  return Error{fmt::format("{} {}", reason.code, reason.text)};
}

}  // namespace action
