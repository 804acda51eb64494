// Publishes with confirms and `mandatory`, pipelined: a message counts only once the broker has
// confirmed it and has not returned it (an ack alone also comes for a message that no queue took).
//
// One thread. publish blocks only while the broker does not read; poll never does.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "client/connection.hpp"
#include "client/properties.hpp"

namespace action {

class Publisher {
 public:
  // Told of each publication once, in no order: its number, and why it was not taken, if so.
  using OnSettled = std::function<void(std::uint64_t number, const Result<void>& taken)>;

  // Turns the channel into confirm mode. `connection` must outlive the publisher, and nobody else
  // may read from it.
  static Result<std::unique_ptr<Publisher>> open(Connection& connection, amqp_channel_t channel,
                                                 OnSettled on_settled);

  // Sends a message and returns its number (1, 2, …). Fails only when the connection is lost.
  Result<std::uint64_t> publish(const std::string& exchange, const std::string& routing_key,
                                const Message& message);

  // Reads what the broker has said, without waiting, and tells on_settled.
  Result<void> poll();
  // The same, but waits up to `timeout` for the first word.
  Result<void> wait(std::chrono::milliseconds timeout);

  std::size_t unconfirmed() const { return pending_.size() - settled_in_pending_; }
  // The broker has raised an alarm and reads nothing: publish no more until it is over.
  bool is_blocked() const { return is_blocked_; }

 private:
  struct Pending {
    std::string id;
    std::string returned;  // why the broker returned it; empty: it did not
    bool is_settled = false;
  };

  Publisher(Connection& connection, amqp_channel_t channel, OnSettled on_settled)
      : connection_(connection), channel_(channel), on_settled_(std::move(on_settled)) {}
  Result<void> take(const amqp_frame_t& frame);
  Result<void> take_method(const amqp_method_t& method);
  void settle_up_to(std::uint64_t number, bool multiple, bool taken);
  void settle(std::uint64_t number, bool taken);

  Connection& connection_;
  amqp_channel_t channel_;
  OnSettled on_settled_;
  PropertiesBuilder properties_;
  std::deque<Pending> pending_;         // publications first_..; settled ones leave from the front
  std::uint64_t first_ = 1;             // the number of pending_.front()
  std::size_t settled_in_pending_ = 0;  // acks come out of order: some behind the front may be done
  std::string return_reason_;
  bool is_blocked_ = false;
};

}  // namespace action
