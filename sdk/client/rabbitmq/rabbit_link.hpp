// A link to RabbitMQ. Declares a queue before its first event.
#pragma once

#include <chrono>
#include <map>
#include <set>

#include "client/link.hpp"
#include "client/rabbitmq/broker_url.hpp"
#include "client/rabbitmq/publisher.hpp"

namespace action {

class RabbitLink : public Link {
 public:
  static Result<std::unique_ptr<Link>> open(const Target& target, const OnSettled& on_settled,
                                            std::chrono::milliseconds timeout);
  // Says goodbye to a broker that listens, and waits up to a second for what it has not confirmed.
  ~RabbitLink() override;
  RabbitLink(const RabbitLink&) = delete;
  RabbitLink& operator=(const RabbitLink&) = delete;

  Result<std::uint64_t> publish(const std::string& queue, const Message& message) override;
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay) override;
  Result<void> wait(std::chrono::milliseconds timeout) override;

  bool is_open() const override { return !is_over_ && connection_->is_open(); }
  bool is_blocked() const override { return publisher_->is_blocked(); }
  bool has_room() const override { return publisher_->has_room(); }
  std::uint64_t sent() const override { return connection_->taken(); }
  std::string blocked_reason() const override { return publisher_->blocked_reason(); }
  void forget(const std::string& queue) override;
  void abandon() override;

 private:
  struct Silence {
    Error error;
    std::chrono::steady_clock::time_point since;
  };

  RabbitLink(std::unique_ptr<Connection> connection, Topology topology);
  static Result<std::unique_ptr<Link>> open_one(const Target& target, const std::string& address,
                                                const OnSettled& on_settled,
                                                std::chrono::milliseconds timeout);
  Result<void> was_silent(const std::string& queue);
  Result<void> declare(const std::string& queue, bool is_later);

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Publisher> publisher_;
  Topology topology_;
  std::set<std::string> declared_;
  std::set<std::string> delayed_;          // of those, the ones that the delay levels lead to
  std::map<std::string, Silence> silent_;  // queues that were not answered for
  amqp_channel_t declaring_ = 2;           // the broker closes it when a queue differs
  bool is_over_ = false;                   // the broker closed the channel, or the connection
};

}  // namespace action
