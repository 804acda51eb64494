// One life of a client's connection: from the first of its brokers that answers to the first error.
// Declares a queue before its first event. One thread; what publish and wait do, they tell.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/broker_url.hpp"
#include "client/publisher.hpp"
#include "client/topology.hpp"

namespace action {

class Link {
 public:
  // Where to, and what to declare there; Topology's `queues` are not used.
  struct Target {
    std::vector<BrokerUrl> brokers;
    Topology topology;
    std::string name;  // for the broker's list of connections
  };

  // Tries the brokers in order, once each, `timeout` in all. Blocks.
  static Result<std::unique_ptr<Link>> open(const Target& target, Publisher::OnSettled on_settled,
                                            std::chrono::milliseconds timeout);
  // Says goodbye to a broker that listens, and waits for its answer up to a second.
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Sends a message and returns its number, as told to on_settled. Blocks for the declaration of a
  // queue that is new to this link. If is_open is true after a failure, the queue or the message
  // can't be used; if not, the connection is lost.
  Result<std::uint64_t> publish(const std::string& queue, const Message& message);
  // The same, but the message reaches the queue after `delay`. The first call on a link blocks for
  // the declaration of the delay levels as well.
  Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                      std::chrono::milliseconds delay);
  // Reads what the broker has said; waits for it up to `timeout`. Fails when the link is over.
  Result<void> wait(std::chrono::milliseconds timeout);

  bool is_open() const { return !is_over_ && connection_->is_open(); }
  bool is_blocked() const { return publisher_->is_blocked(); }
  const std::string& blocked_reason() const { return publisher_->blocked_reason(); }
  // Declare it again before its next event: it was seen to be missing.
  void forget(const std::string& queue);

  // In a forked child: leaves the connection to the parent without a word.
  void abandon();

 private:
  Link(std::unique_ptr<Connection> connection, Topology topology);
  static Result<std::unique_ptr<Link>> open_one(const Target& target, const BrokerUrl& url,
                                                const Publisher::OnSettled& on_settled,
                                                std::chrono::milliseconds timeout);
  Result<void> declare_queue(const std::string& queue);
  Result<void> declare_delay(const std::string& queue);

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Publisher> publisher_;
  Topology topology_;
  std::set<std::string> declared_;
  std::set<std::string> delayed_;  // of those, the ones that the delay levels lead to
  bool is_over_ = false;           // the broker closed the channel, or the connection
};

}  // namespace action
