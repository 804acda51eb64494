#include "client/rabbitmq/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/limits.hpp"

namespace action {
namespace {

constexpr std::size_t kMostKept = 1 << 20;  // of the outbox, once it is empty

}  // namespace

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

bool is_for_want_of_queue(const CloseReason& reason) {
  return reason.code == AMQP_NOT_FOUND && reason.text.find("no queue") != std::string::npos;
}

bool is_for_want_of_queue(const Error& error) {
  return error.text.find("404 NOT_FOUND - no queue") != std::string::npos;
}

std::string end_of(const amqp_method_t& method, std::string_view channel) {
  const CloseReason reason = close_reason(method);
  const bool is_channel = method.id == AMQP_CHANNEL_CLOSE_METHOD;
  if (const auto limit = explain_limit(reason.text)) return fmt::format("the broker {}", *limit);
  return fmt::format("the broker closed the {}: {} {}", is_channel ? channel : "connection",
                     reason.code, reason.text);
}

Connection::~Connection() {
  amqp_destroy_connection(state_);
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
  auto read = next_frame_on(channel, frame, timeout_);
  if (!read) return read.error();
  return *read ? Result<void>() : unanswered();
}

// What it was told stands in frames that nobody has asked for.
Error Connection::unanswered() {
  for (const auto& frame : set_aside_) {
    if (frame.frame_type != AMQP_FRAME_METHOD) continue;
    const amqp_method_t& method = frame.payload.method;
    if (method.id != AMQP_CONNECTION_BLOCKED_METHOD) continue;
    is_open_ = false;
    const auto& blocked = *static_cast<const amqp_connection_blocked_t*>(method.decoded);
    return {fmt::format("the broker is {} and takes no message: free some, or wait",
                        to_string(blocked.reason))};
  }
  return lost(fmt::format("it has answered nothing for {:g} s",
                          std::chrono::duration<double>(timeout_).count()));
}

Result<bool> Connection::next_frame_on(amqp_channel_t channel, amqp_frame_t& frame,
                                       std::chrono::milliseconds timeout) {
  const auto before =
      std::find_if(set_aside_.begin(), set_aside_.end(),
                   [channel](const amqp_frame_t& each) { return each.channel == channel; });
  if (before != set_aside_.end()) {
    frame = *before;
    set_aside_.erase(before);
    return true;
  }
  for (;;) {
    auto read = read_frame(frame, timeout);
    if (!read || !*read) return read;
    if (!is_open_) return Error{end_of(frame.payload.method)};
    if (frame.channel == channel) return true;
    set_aside_.push_back(frame);
  }
}

// What waits to be sent goes out as well, whenever there is room for it.
Result<bool> Connection::read_frame(amqp_frame_t& frame, std::chrono::milliseconds timeout) {
  const Time until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    auto decoded = decode(frame);
    if (!decoded || *decoded) return decoded;
    auto filled = fill();
    if (!filled) return filled.error();
    if (*filled) continue;
    const Time now = std::chrono::steady_clock::now();
    beat(now);
    if (auto sent = flush(); !sent) return sent.error();
    if (now >= until) return false;
    await_socket(std::chrono::ceil<std::chrono::milliseconds>(until - now));
  }
}

// The next frame of what has been received, but for heartbeats. False: none is whole.
Result<bool> Connection::decode(amqp_frame_t& frame) {
  while (decoded_ < received_) {
    const int size =
        amqp_handle_input(state_, {received_ - decoded_, inbox_.get() + decoded_}, &frame);
    if (size < 0) return lost(size);
    decoded_ += static_cast<std::size_t>(size);
    if (frame.frame_type == AMQP_FRAME_HEARTBEAT) release(frame.channel);
    if (frame.frame_type == 0 || frame.frame_type == AMQP_FRAME_HEARTBEAT) continue;
    if (frame.frame_type == AMQP_FRAME_METHOD &&
        frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
      is_open_ = false;
    return true;
  }
  return false;
}

// Reads once. False: nothing is there. After a read that emptied the socket one call says so
// without another: what comes next wakes whoever waits. A silence counts only after a look, for
// whoever was held up may find all that was missed.
Result<bool> Connection::fill() {
  if (std::exchange(is_drained_, false)) return false;
  decoded_ = received_ = 0;
  auto received = transport_->receive(inbox_.get(), kInbox);
  if (!received) return lost(received.error().text);
  received_ = received->size;
  const Time now = std::chrono::steady_clock::now();
  if (received_ == 0) {
    if (heartbeat_.count() > 0 && now - heard_at_ > 2 * heartbeat_)
      return lost(AMQP_STATUS_HEARTBEAT_TIMEOUT);
    return false;
  }
  is_drained_ = received->is_all;
  heard_at_ = now;
  return true;
}

// Not in seconds, of which the half of one is none.
std::chrono::milliseconds Connection::half_a_beat() const {
  return std::chrono::milliseconds(heartbeat_) / 2;
}

void Connection::beat(Time now) {
  const bool is_due = heartbeat_.count() > 0 && now - sent_at_ >= half_a_beat();
  if (!is_due || unsent() > 0) return;
  FrameEncoder::add_heartbeat(outbox_);
  is_only_beating_ = true;
}

void Connection::await_socket(std::chrono::milliseconds timeout) const {
  if (heartbeat_.count() > 0) timeout = std::min(timeout, half_a_beat());
  pollfd socket{fd(), static_cast<short>(unsent() > 0 ? POLLIN | POLLOUT : POLLIN), 0};
  ::poll(&socket, 1, static_cast<int>(timeout.count()));
}

void Connection::release(amqp_channel_t channel) {
  for (const auto& frame : set_aside_)
    if (frame.channel == channel) return;
  amqp_maybe_release_buffers_on_channel(state_, channel);
}

// What can't be a frame leaves no part of one, and the connection as it is.
template <typename Encode>
Result<void> Connection::add(const Encode& encode) {
  const std::size_t before = outbox_.size();
  const bool was_empty = unsent() == 0;
  is_only_beating_ = false;
  if (const int status = encode(); status != AMQP_STATUS_OK) {
    outbox_.resize(before);
    return Error{
        fmt::format("it does not fit into a frame of AMQP ({})", amqp_error_string2(status)),
        Fault::Lasting};
  }
  return was_empty ? flush() : Result<void>();
}

Result<void> Connection::send(amqp_channel_t channel, amqp_method_number_t method, void* fields) {
  return add([&] { return encoder_->add_method(outbox_, channel, method, fields); });
}

Result<void> Connection::publish(amqp_channel_t channel, amqp_basic_publish_t& method,
                                 const amqp_basic_properties_t& properties, std::string_view body) {
  return add([&] {
    const int status = encoder_->add_method(outbox_, channel, AMQP_BASIC_PUBLISH_METHOD, &method);
    if (status != AMQP_STATUS_OK) return status;
    return encoder_->add_content(outbox_, channel, properties, body);
  });
}

// The memory of a large message is not kept.
Result<void> Connection::flush() {
  while (unsent() > 0) {
    auto taken = transport_->send(std::string_view(outbox_).substr(sent_));
    if (!taken) return lost(taken.error().text);
    if (*taken == 0) return {};
    sent_ += *taken;
    if (!is_only_beating_) taken_ += *taken;
    sent_at_ = std::chrono::steady_clock::now();
  }
  if (outbox_.capacity() > kMostKept) std::string().swap(outbox_);
  outbox_.clear();
  sent_ = 0;
  return {};
}

Error Connection::lost(const std::string& why) {
  is_open_ = false;
  return {fmt::format("the connection to the broker was lost ({})", why), Fault::Lost};
}

void Connection::say_goodbye() {
  amqp_connection_close_t close{AMQP_REPLY_SUCCESS, amqp_cstring_bytes("Goodbye"), 0, 0};
  (void)send(0, AMQP_CONNECTION_CLOSE_METHOD, &close);
  is_open_ = false;
}

Result<void> Connection::close() {
  return close(timeout_);
}

Result<void> Connection::close(std::chrono::milliseconds timeout) {
  const Time until = std::chrono::steady_clock::now() + timeout;
  say_goodbye();
  set_aside_.clear();
  for (amqp_frame_t frame;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    auto read = read_frame(frame, std::max(left, std::chrono::milliseconds(0)));
    if (!read) return read.error().within("closing the connection to the broker");
    if (!*read) return Error{"closing the connection to the broker: it does not answer"};
    const bool is_method = frame.channel == 0 && frame.frame_type == AMQP_FRAME_METHOD;
    if (is_method && frame.payload.method.id == AMQP_CONNECTION_CLOSE_OK_METHOD) return {};
    if (is_method && frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD)
      return Error{end_of(frame.payload.method)};
    release(frame.channel);
  }
}

}  // namespace action
