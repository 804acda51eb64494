// Publishes with confirms and `mandatory`, pipelined: a message counts only once the broker has
// confirmed it and has not returned it (an ack alone also comes for a message that no queue took).
//
// One thread. publish and poll never block. What the broker does not read waits in memory: whoever
// publishes asks has_room before.
#pragma once

#include <memory>
#include <string>

#include "client/rabbitmq/confirm_window.hpp"
#include "client/rabbitmq/connection.hpp"
#include "client/rabbitmq/properties.hpp"

namespace action {

class Publisher {
 public:
  // Told of each publication once, in no order: its number, and why it was not taken, if so.
  using OnSettled = ConfirmWindow::OnSettled;

  // When the broker refuses a publication it closes the channel: that is the end, or it is opened
  // anew, and those that were on it are settled as ConfirmWindow::closed says.
  enum class OnRefusal { End, Reopen };

  // Turns the channel, which may be just begun, into confirm mode, without waiting for the broker.
  // `connection` must outlive the publisher, and nobody else may read from it.
  static Result<std::unique_ptr<Publisher>> open(Connection& connection, amqp_channel_t channel,
                                                 OnSettled on_settled,
                                                 OnRefusal on_refusal = OnRefusal::End);

  // Sends a message and returns its number (1, 2, …). Without an id it can't be told from others
  // if it comes back. Fails when the connection is lost, or when a name is longer than AMQP's 255
  // bytes, which leaves the connection as it is.
  Result<std::uint64_t> publish(const std::string& exchange, const std::string& routing_key,
                                const Message& message);

  // Reads what the broker has said, without waiting, and tells on_settled.
  Result<void> poll();
  // The same, but waits up to `timeout` for the first word.
  Result<void> wait(std::chrono::milliseconds timeout);

  std::size_t unconfirmed() const { return window_.unconfirmed(); }
  // Less waits to be sent than is worth a wait.
  bool has_room() const { return connection_.unsent() < kMostUnsent; }
  // The broker has raised an alarm and reads nothing: publish no more until it is over.
  bool is_blocked() const { return is_blocked_; }
  // Why, in the broker's words: "low on memory", "low on disk".
  const std::string& blocked_reason() const { return blocked_reason_; }

 private:
  Publisher(Connection& connection, amqp_channel_t channel, OnSettled on_settled,
            OnRefusal on_refusal)
      : connection_(connection),
        channel_(channel),
        properties_(static_cast<std::size_t>(amqp_get_frame_max(connection.raw()))),
        window_(std::move(on_settled)),
        on_refusal_(on_refusal) {}
  Result<void> select_confirms();
  Result<void> take_close(const amqp_method_t& method);
  Result<void> take(const amqp_frame_t& frame);
  Result<void> take_method(const amqp_method_t& method);
  void take_returned(const amqp_basic_properties_t& properties);

  static constexpr std::size_t kMostUnsent = 1 << 20;

  Connection& connection_;
  amqp_channel_t channel_;
  PropertiesBuilder properties_;
  ConfirmWindow window_;
  OnRefusal on_refusal_;
  std::string return_reason_;
  std::string blocked_reason_;
  bool is_blocked_ = false;
};

}  // namespace action
