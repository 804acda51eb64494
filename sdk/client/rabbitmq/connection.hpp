// One AMQP connection, owned and used by one thread at a time. rabbitmq-c encodes and decodes; what
// is read and written is our own, because a write of rabbitmq-c waits for as long as the broker
// does not read, and nothing can end it.
//
// What the socket has no room for waits here, and goes out with later calls of next_frame or send.
// Heartbeats are sent and missed inside next_frame: somebody must call it at least every half
// heartbeat. Calls named open, open_*, await_*, call or close block, up to the timeout given to
// open; send, publish and next_frame without a timeout never do.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/broker_url.hpp"
#include "client/rabbitmq/frame_encoder.hpp"
#include "client/rabbitmq/transport.hpp"
#include "client/result.hpp"

namespace action {

class Connection {
 public:
  // Connects and logs in; `name` is shown in the broker's list of connections. Advertises
  // consumer_cancel_notify and connection.blocked, without which the broker tells neither.
  static Result<std::unique_ptr<Connection>> open(const BrokerUrl& url, const std::string& name,
                                                  std::chrono::milliseconds timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The highest number of a channel that the broker allows.
  amqp_channel_t channel_max() const;
  // The number of a channel that nothing has used: from the highest down, each of them given once.
  // 0: there are none left.
  amqp_channel_t spare_channel();
  // So many of the lowest are for those who choose a number themselves; 8 at first.
  void keep_channels(std::size_t count) { kept_channels_ = count; }
  // So long an answer is waited for.
  std::chrono::milliseconds timeout() const { return timeout_; }
  // No frame that is sent may be larger, in bytes.
  std::size_t frame_max() const { return frame_max_; }
  // The socket, to be waited on; frames may also sit in buffers, so drain next_frame first.
  int fd() const { return transport_->fd(); }
  // So many bytes wait until the socket, which is to be watched, takes more.
  std::size_t unsent() const { return outbox_.size() - sent_; }
  // So many bytes the socket has taken, but for heartbeats: they tell progress.
  std::uint64_t taken() const { return taken_; }
  // The decoder, which has no socket.
  amqp_connection_state_t raw() const { return state_; }

  // Waits for the broker's answer, for the timeout given to open. Fails when the connection is
  // lost, or closed by the broker, as it does when the number is taken or too high.
  Result<void> open_channel(amqp_channel_t channel);
  // The same in two steps: what is sent on the channel in between is carried out once it is open.
  Result<void> begin_channel(amqp_channel_t channel);
  Result<void> await_channel(amqp_channel_t channel);
  // Closes one, and does not wait: the answer comes by next_frame. Fails when the connection is
  // lost.
  Result<void> leave_channel(amqp_channel_t channel);
  // After the broker closed a channel: confirms that, and opens the same number again.
  Result<void> reopen_channel(amqp_channel_t channel);

  // Reads the next frame without waiting: true and the frame, or false if there is none. The
  // frame lives until release(its channel). Fails when the connection is lost.
  Result<bool> next_frame(amqp_frame_t& frame);
  // Waits for the next frame at most `timeout`.
  Result<bool> next_frame(amqp_frame_t& frame, std::chrono::milliseconds timeout);
  // Waits for the next frame of this channel, for the timeout given to open. Those of other
  // channels are kept for next_frame. Fails when the connection is lost, or closed by the broker.
  Result<void> next_frame_on(amqp_channel_t channel, amqp_frame_t& frame);
  // The same, but waits at most for `timeout` between two frames: false if none has come by then.
  Result<bool> next_frame_on(amqp_channel_t channel, amqp_frame_t& frame,
                             std::chrono::milliseconds timeout);
  // Gives memory back once frames of the channel are no longer needed. Cheap.
  void release(amqp_channel_t channel);

  // Sends a method without waiting for its reply, which then comes by next_frame.
  Result<void> send(amqp_channel_t channel, amqp_method_number_t method, void* fields);
  // The same for a basic.publish and the message that belongs to it. Fails with Fault::Lasting if
  // its properties are too large for a frame, which leaves the connection as it is.
  Result<void> publish(amqp_channel_t channel, amqp_basic_publish_t& method,
                       const amqp_basic_properties_t& properties, std::string_view body);

  // Sends a method and waits for the answer, as next_frame_on does: it lives until release. A
  // channel that the broker closed over it is open again, and that is an error with its words.
  Result<amqp_method_t> call(amqp_channel_t channel, amqp_method_number_t method, void* fields);

  // False once a call has found the connection lost, or closed by the broker.
  bool is_open() const { return is_open_; }

  // The broker's major version: 3, 4; 0 if it does not say.
  int server_major() const { return server_major_; }

  // Says goodbye and waits for the answer, so that every acknowledgement sent is applied. Waits at
  // most for the timeout given to open.
  Result<void> close();
  // The same, but waits at most for `timeout`.
  Result<void> close(std::chrono::milliseconds timeout);
  // Says goodbye and does not wait: nothing that was sent is in doubt.
  void say_goodbye();

 private:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kInbox = 131072;

  explicit Connection(amqp_connection_state_t state) : state_(state) {}
  Result<void> open_transport(const BrokerUrl& url, std::chrono::milliseconds timeout);
  Result<void> login(const BrokerUrl& url, const std::string& name);
  Result<amqp_method_t> await_login(const BrokerUrl& url, amqp_method_number_t method, Time until);
  Result<void> send_credentials(const BrokerUrl& url, const std::string& name);
  Result<void> agree(const amqp_connection_tune_t& theirs, const BrokerUrl& url);
  void learn_version(const amqp_table_t& server_properties);

  // Appends to outbox_, and says how that went.
  template <typename Encode>
  Result<void> add(const Encode& encode);
  Result<void> flush();
  Result<bool> read_frame(amqp_frame_t& frame, std::chrono::milliseconds timeout);
  Result<bool> decode(amqp_frame_t& frame);
  Result<bool> fill();
  std::chrono::milliseconds half_a_beat() const;
  void beat(Time now);
  void await_socket(std::chrono::milliseconds timeout) const;
  Error unanswered();
  Error lost(const std::string& why);
  Error lost(int status) { return lost(std::string(amqp_error_string2(status))); }

  amqp_connection_state_t state_;
  std::unique_ptr<Transport> transport_;
  bool is_open_ = true;
  std::chrono::milliseconds timeout_{0};
  int server_major_ = 0;
  std::size_t frame_max_ = 0;
  std::deque<amqp_frame_t> set_aside_;  // of other channels, while one was waited for
  std::size_t kept_channels_ = 8, spares_taken_ = 0;

  std::unique_ptr<FrameEncoder> encoder_;
  std::string outbox_;
  std::size_t sent_ = 0;  // of outbox_
  std::uint64_t taken_ = 0;
  bool is_only_beating_ = false;  // outbox_ has a heartbeat and no more
  std::unique_ptr<char[]> inbox_;
  std::size_t decoded_ = 0, received_ = 0;  // of inbox_
  bool is_drained_ = false;                 // the socket had no more than what is in inbox_

  std::chrono::seconds heartbeat_{0};  // as agreed; 0: none
  Time sent_at_{}, heard_at_{};
};

// What the broker says in channel.close or connection.close: "404 NOT_FOUND - no queue …"; the
// code is 0 if the reply holds no such thing.
struct CloseReason {
  int code = 0;
  std::string text;
};
CloseReason close_reason(const amqp_method_t& method);
// There is no such queue; one whose node is down is not found either, and is another matter.
bool is_for_want_of_queue(const CloseReason& reason);
// The same of the error of a call.
bool is_for_want_of_queue(const Error& error);
// There is one, and its node is down: "NOT_FOUND - home node …".
inline bool is_out_of_reach(const CloseReason& reason) {
  return reason.code == AMQP_NOT_FOUND && !reason.text.starts_with("NOT_FOUND - no ");
}
// "the broker closed the connection: 320 …": what one of these two methods says, as a sentence.
std::string end_of(const amqp_method_t& method, std::string_view channel = "channel");

inline std::string to_string(const amqp_bytes_t& bytes) {
  return std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}
// Borrows `text`, which must outlive the call that uses the bytes.
inline amqp_bytes_t to_bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

}  // namespace action
