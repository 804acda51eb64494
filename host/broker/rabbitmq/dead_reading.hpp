// One look through the queue of dead letters. What is kept stays unacknowledged, so that the queue
// goes on to the next; the channels' end gives it back. Nothing is acknowledged before its copy in
// a work queue is confirmed, so a kill at any moment loses nothing.
//
// A quorum queue counts how often it gets a letter back, and drops it at a delivery-limit, which a
// policy may set unseen. So one that has been counted is stored anew, and its count is gone.
//
// A channel whose letters are kept up to its prefetch gets no more: then a further one is opened.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/dead_letters.hpp"
#include "broker/rabbitmq/rabbit_channel.hpp"
#include "client/sender.hpp"

namespace actiond {

class DeadReading : BrokerListener {
 public:
  // Uses the connection's channels from 2 on. `target` is where requeued letters go.
  DeadReading(action::Connection& connection, const action::Link::Target& target, std::size_t most,
              DeadLetterReader& reader);

  Result<void> run();
  // How many it had in hand and gave back.
  std::size_t kept() const { return delivered_ - settled_ + copies_; }

 private:
  enum class Copy { None, Requeued, Renewed };
  // Decided on, to be done with the next settle.
  struct Pending {
    std::uint64_t tag;  // of the newest channel
    Copy copy;          // which is stored first
    std::string id;
  };

  Result<void> read();
  bool is_over() const;
  Result<void> make_room();
  Result<void> open_channel();
  Result<void> receive();
  Result<void> take(const amqp_frame_t& frame);
  Result<void> on_silence();
  void decide(std::uint64_t tag, Message& letter);
  void renew(std::uint64_t tag, Message letter);
  Result<void> post(std::string queue, Message letter);
  Result<void> settle();
  void settle(const Pending& pending);
  Result<void> close();
  Result<void> stop_consuming();

  void on_delivery(QueueIndex channel, std::uint64_t tag, bool is_redelivered,
                   Message& letter) override;
  void on_consuming(QueueIndex, int) override {}
  void on_proven_empty(QueueIndex) override { is_empty_ = true; }
  void on_probe_delivered(QueueIndex) override { is_probing_ = false; }
  void on_published(std::uint64_t, const Result<void>&) override {}

  action::Connection& connection_;
  const action::Link::Target& target_;
  std::size_t most_;
  DeadLetterReader& reader_;
  int prefetch_;

  std::deque<RabbitChannel> channels_;  // the last one is the newest: only it gets more
  std::optional<action::Sender> sender_, renewer_;
  std::vector<Pending> pending_;
  std::set<std::string> renewed_;  // ids
  std::size_t copies_ = 0;         // of renewed ones
  bool can_renew_ = true;
  std::size_t delivered_ = 0;
  std::size_t taken_ = 0;    // of those, shown to the reader
  std::size_t settled_ = 0;  // of those, acknowledged
  std::size_t in_hand_ = 0;  // of the newest channel, not acknowledged
  int silences_ = 0;         // in a row
  bool is_probing_ = false;
  bool is_empty_ = false;
  bool is_closing_ = false;
  Result<void> problem_;  // met inside of a delivery
};

}  // namespace actiond
