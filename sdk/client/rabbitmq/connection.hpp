// One AMQP connection over rabbitmq-c, owned and used by one thread at a time.
//
// rabbitmq-c services heartbeats only inside calls that read: somebody must call next_frame at
// least every half heartbeat. Calls named open_*, rpc or close block, up to the timeout given to
// open; next_frame never does; send may, while the broker does not read.
#pragma once

#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/broker_url.hpp"
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

  // The socket, to be waited on; frames may also sit in buffers, so drain next_frame first.
  int fd() const;
  amqp_connection_state_t raw() const { return state_; }

  Result<void> open_channel(amqp_channel_t channel);
  // The same in two steps: what is sent on the channel in between is carried out once it is open.
  Result<void> begin_channel(amqp_channel_t channel);
  Result<void> await_channel(amqp_channel_t channel);
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
  // Gives memory back once frames of the channel are no longer needed. Cheap.
  void release(amqp_channel_t channel);

  // Sends a method without waiting for its reply, which then comes by next_frame.
  Result<void> send(amqp_channel_t channel, amqp_method_number_t method, void* fields);

  // What an rpc of rabbitmq-c left behind.
  amqp_rpc_reply_t reply();
  // The same as a Result.
  Result<void> check_rpc(const std::string& doing);

  // False once a call has found the connection lost, or closed by the broker.
  bool is_open() const { return is_open_; }
  // The error for a status of rabbitmq-c other than AMQP_STATUS_OK; is_open is false afterwards.
  Error lost(int status);

  // Call it after each publish: a body that fills its last frame leaves that in the kernel, which
  // waits for more, up to 200 ms (rabbitmq-c sends it with MSG_MORE). Cheap for all others.
  void push_out(std::size_t body_size);

  // The broker's major version: 3, 4; 0 if it does not say.
  int server_major() const;

  // Says goodbye and waits for the answer, so that every acknowledgement sent is applied. Waits at
  // most for the timeout given to open.
  Result<void> close();
  // The same, but waits at most for `timeout`.
  Result<void> close(std::chrono::milliseconds timeout);
  // Says goodbye and does not wait: nothing that was sent is in doubt.
  void say_goodbye();

 private:
  explicit Connection(amqp_connection_state_t state) : state_(state) {}
  Result<void> open_socket(const BrokerUrl& url, std::chrono::milliseconds timeout,
                           std::chrono::milliseconds login_timeout);
  Result<void> open_tcp(const BrokerUrl& url);
  Result<void> open_tls(const BrokerUrl& url);
  Result<bool> read_frame(amqp_frame_t& frame, std::chrono::milliseconds timeout);
  Result<void> login(const BrokerUrl& url, const std::string& name);

  amqp_connection_state_t state_;
  bool is_open_ = true;
  std::chrono::milliseconds timeout_{0};
  std::deque<amqp_frame_t> set_aside_;  // of other channels, while one was waited for
};

// What the broker says in channel.close or connection.close: "404 NOT_FOUND - no queue …"; the
// code is 0 if the reply holds no such thing.
struct CloseReason {
  int code = 0;
  std::string text;
};
CloseReason close_reason(const amqp_method_t& method);
CloseReason close_reason(const amqp_rpc_reply_t& reply);
// "the broker closed the connection: 320 …": what one of these two methods says, as a sentence.
std::string end_of(const amqp_method_t& method, std::string_view channel = "channel");

// Every kind of failed reply as one text. Blames the server, the library or the socket.
std::string describe(const amqp_rpc_reply_t& reply);

// rabbitmq-c takes a negative time for a wrong parameter: it becomes none.
inline timeval timeval_of(std::chrono::milliseconds time) {
  const auto ms = std::max<std::chrono::milliseconds::rep>(0, time.count());
  return {ms / 1000, (ms % 1000) * 1000};
}

inline std::string to_string(const amqp_bytes_t& bytes) {
  return std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}
// Borrows `text`, which must outlive the call that uses the bytes.
inline amqp_bytes_t to_bytes(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

}  // namespace action
