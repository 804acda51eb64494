#include "client/rabbitmq/connection.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/limits.hpp"

namespace action {

CloseReason close_reason(const amqp_method_t& method) {
  if (method.id == AMQP_CHANNEL_CLOSE_METHOD) {
    auto* close = static_cast<amqp_channel_close_t*>(method.decoded);
    return {close->reply_code, to_string(close->reply_text)};
  }
  if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
    auto* close = static_cast<amqp_connection_close_t*>(method.decoded);
    return {close->reply_code, to_string(close->reply_text)};
  }
  return {};
}

std::string end_of(const amqp_method_t& method, std::string_view channel) {
  const CloseReason reason = close_reason(method);
  const bool is_channel = method.id == AMQP_CHANNEL_CLOSE_METHOD;
  if (const auto limit = explain_limit(reason.text)) return fmt::format("the broker {}", *limit);
  return fmt::format("the broker closed the {}: {} {}", is_channel ? channel : "connection",
                     reason.code, reason.text);
}

CloseReason close_reason(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return {};
  return close_reason(reply.reply);
}

std::string describe(const amqp_rpc_reply_t& reply) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return "no error";
    case AMQP_RESPONSE_NONE:
      return "the broker sent no reply";
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return amqp_error_string2(reply.library_error);
    case AMQP_RESPONSE_SERVER_EXCEPTION: {
      const CloseReason reason = close_reason(reply);
      if (reason.code == 0) return fmt::format("unexpected method {:#x}", reply.reply.id);
      return fmt::format("{} {}", reason.code, reason.text);
    }
  }
  return "unknown reply";
}

Connection::~Connection() {
  amqp_destroy_connection(state_);
}

int Connection::fd() const {
  return amqp_get_sockfd(state_);
}

Result<void> Connection::open_channel(amqp_channel_t channel) {
  if (auto sent = begin_channel(channel); !sent) return sent;
  return await_channel(channel);
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

Result<void> Connection::reopen_channel(amqp_channel_t channel) {
  amqp_channel_close_ok_t ok{};
  if (auto sent = send(channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok); !sent) return sent;
  return open_channel(channel);
}

Result<bool> Connection::next_frame(amqp_frame_t& frame) {
  return next_frame(frame, std::chrono::milliseconds(0));
}

Result<bool> Connection::next_frame(amqp_frame_t& frame, std::chrono::milliseconds timeout) {
  if (!set_aside_.empty()) {
    frame = set_aside_.front();
    set_aside_.pop_front();
    return true;
  }
  return read_frame(frame, timeout);
}

Result<void> Connection::next_frame_on(amqp_channel_t channel, amqp_frame_t& frame) {
  const auto before =
      std::find_if(set_aside_.begin(), set_aside_.end(),
                   [channel](const amqp_frame_t& each) { return each.channel == channel; });
  if (before != set_aside_.end()) {
    frame = *before;
    set_aside_.erase(before);
    return {};
  }
  for (;;) {
    auto read = read_frame(frame, timeout_);
    if (!read) return read.error();
    if (!*read) return lost(AMQP_STATUS_TIMEOUT);
    if (!is_open_) return Error{end_of(frame.payload.method)};
    if (frame.channel == channel) return {};
    set_aside_.push_back(frame);
  }
}

Result<bool> Connection::read_frame(amqp_frame_t& frame, std::chrono::milliseconds timeout) {
  const timeval limit = timeval_of(timeout);
  const int status = amqp_simple_wait_frame_noblock(state_, &frame, &limit);
  if (status == AMQP_STATUS_TIMEOUT) return false;
  if (status != AMQP_STATUS_OK) return lost(status);
  if (frame.frame_type == AMQP_FRAME_METHOD &&
      frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
    is_open_ = false;
  return true;
}

void Connection::release(amqp_channel_t channel) {
  for (const auto& frame : set_aside_)
    if (frame.channel == channel) return;
  amqp_maybe_release_buffers_on_channel(state_, channel);
}

Result<void> Connection::send(amqp_channel_t channel, amqp_method_number_t method, void* fields) {
  const int status = amqp_send_method(state_, channel, method, fields);
  if (status != AMQP_STATUS_OK) return lost(status);
  return {};
}

Error Connection::lost(int status) {
  is_open_ = false;
  return {fmt::format("the connection to the broker was lost ({})", amqp_error_string2(status))};
}

amqp_rpc_reply_t Connection::reply() {
  const auto reply = amqp_get_rpc_reply(state_);
  const bool is_channels_end = reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
                               reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD;
  if (reply.reply_type != AMQP_RESPONSE_NORMAL && !is_channels_end) is_open_ = false;
  return reply;
}

Result<void> Connection::check_rpc(const std::string& doing) {
  const auto answer = reply();
  if (answer.reply_type == AMQP_RESPONSE_NORMAL) return {};
  return Error{doing + ": " + describe(answer)};
}

void Connection::push_out(std::size_t body_size) {
  constexpr std::size_t frame_overhead = 8;
  const auto frame_max = static_cast<std::size_t>(amqp_get_frame_max(state_));
  if (body_size == 0 || body_size % (frame_max - frame_overhead) != 0) return;
  const int on = 1;  // it is on already; setting it again sends what is held back, see tcp(7)
  ::setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

int Connection::server_major() const {
  const amqp_table_t* properties = amqp_get_server_properties(state_);
  for (int i = 0; i < properties->num_entries; ++i) {
    const auto& entry = properties->entries[i];
    if (to_string(entry.key) == "version" && entry.value.kind == AMQP_FIELD_KIND_UTF8)
      return std::atoi(to_string(entry.value.value.bytes).c_str());
  }
  return 0;
}

Result<void> Connection::close(std::chrono::milliseconds timeout) {
  const timeval limit = timeval_of(timeout);
  amqp_set_rpc_timeout(state_, &limit);
  return close();
}

void Connection::say_goodbye() {
  amqp_connection_close_t close{AMQP_REPLY_SUCCESS, amqp_cstring_bytes("Goodbye"), 0, 0};
  (void)send(0, AMQP_CONNECTION_CLOSE_METHOD, &close);
  is_open_ = false;
}

Result<void> Connection::close() {
  is_open_ = false;
  const auto reply = amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
  if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
  return Error{"closing the connection to the broker: " + describe(reply)};
}

}  // namespace action
