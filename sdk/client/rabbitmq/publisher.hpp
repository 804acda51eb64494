// Publishes with confirms and `mandatory`, pipelined: a message counts only once the broker has
// confirmed it and has not returned it (an ack alone also comes for a message that no queue took).
//
// What the broker does not take (basic.nack) is followed by a channel of its own: RabbitMQ keeps in
// each channel which node leads a replicated queue, and one that was opened while that node was
// dying asks it until it is back.
//
// One thread. publish and poll never block. What the broker does not read waits in memory: whoever
// publishes asks has_room before.
#pragma once

#include <chrono>
#include <functional>
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

  // When the broker refuses a publication it closes the channel. It is opened anew, and those that
  // were on it are settled as ConfirmWindow::closed says. An exchange that is missing is the end
  // for one who declares all that he needs again over the next connection.
  enum class OnMissing { End, Reopen };

  // Turns the channel, which may be just begun, into confirm mode, without waiting for the broker.
  // The channel two above it is the publisher's as well. `connection` must outlive the publisher,
  // and nobody else may read from it.
  static Result<std::unique_ptr<Publisher>> open(Connection& connection, amqp_channel_t channel,
                                                 OnSettled on_settled,
                                                 OnMissing on_missing = OnMissing::End);

  // Sends a message and returns its number (1, 2, …). Without an id it can't be told from others
  // if it comes back. Fails when the connection is lost, or when a name is longer than AMQP's 255
  // bytes, which leaves the connection as it is.
  Result<std::uint64_t> publish(const std::string& exchange, const std::string& routing_key,
                                const Message& message);

  // Reads what the broker has said, without waiting, and tells on_settled.
  Result<void> poll();
  // The same, but waits up to `timeout` for the first word.
  Result<void> wait(std::chrono::milliseconds timeout);

  // Told of each frame of a channel that is not the publisher's.
  void on_other_channel(std::function<void(const amqp_frame_t&)> tell) {
    tell_other_ = std::move(tell);
  }

  std::size_t unconfirmed() const;
  // Less waits to be sent than is worth a wait.
  bool has_room() const { return connection_.unsent() < kMostUnsent; }
  // The broker has raised an alarm and reads nothing: publish no more until it is over.
  bool is_blocked() const { return is_blocked_; }
  // Why, in the broker's words: "low on memory", "low on disk".
  const std::string& blocked_reason() const { return blocked_reason_; }

 private:
  // A channel, and what it has still to answer for.
  struct Lane {
    Lane(amqp_channel_t number, const OnSettled& on_settled, std::uint64_t first)
        : channel(number), window(on_settled, first) {}

    amqp_channel_t channel;
    ConfirmWindow window;
    bool is_doubtful = false;  // something was not taken
    bool is_closing = false;   // we have said goodbye to it
  };

  Publisher(Connection& connection, amqp_channel_t channel, OnSettled on_settled,
            OnMissing on_missing);
  Result<void> select_confirms();
  Result<void> renew();
  Result<void> close_former();
  Lane* lane_of(amqp_channel_t channel);
  Result<void> take(const amqp_frame_t& frame);
  Result<void> take_method(const amqp_method_t& method);
  Result<void> take_method_of(Lane& lane, const amqp_method_t& method);
  Result<void> settle(Lane& lane, std::uint64_t tag, bool multiple, bool taken);
  Result<void> take_close(Lane& lane, const amqp_method_t& method);
  static void take_returned(Lane& lane, const amqp_basic_properties_t& properties,
                            const std::string& reason);

  static constexpr std::size_t kMostUnsent = 1 << 20;

  Connection& connection_;
  amqp_channel_t first_channel_;
  PropertiesBuilder properties_;
  OnSettled on_settled_;
  OnMissing on_missing_;
  std::unique_ptr<Lane> lane_;    // on which is published
  std::unique_ptr<Lane> former_;  // before it; nullptr: it has answered for all, and is closed
  std::chrono::steady_clock::time_point renewed_at_{};
  std::function<void(const amqp_frame_t&)> tell_other_;
  std::string return_reason_;
  std::string blocked_reason_;
  bool is_blocked_ = false;
};

}  // namespace action
