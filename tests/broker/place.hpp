// Where the conformance suite is at home: one of the backends, with an application of its own that
// is gone at the end.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "broker/dead_letters.hpp"
#include "client/sender.hpp"

namespace actiond::test {

using namespace std::chrono_literals;

class Place {
 public:
  virtual ~Place() = default;

  const Config& config() const { return config_; }
  // What it is called in messages of tests.
  const std::string& name() const { return name_; }

  std::unique_ptr<Broker> connect() const;
  std::unique_ptr<DeadLetters> dead_letters() const;
  std::unique_ptr<action::Sender> sender() const;

  // All that is connected finds the broker gone; who connects again finds it back.
  virtual void take_away() = 0;

 protected:
  Place(std::string name, const std::string& address);

  std::string name_;
  Config config_;
};

// Does `test` in each of the backends that are here: a queue file; a database, memcached, and
// RabbitMQ with classic and with quorum queues, as far as $ACTION_TEST_MYSQL, …_POSTGRESQL,
// …_MEMCACHED and …_BROKER name them.
void everywhere(const std::function<void(Place&)>& test);

// One consumer's view: what came, in order.
struct Seen {
  QueueIndex queue;
  std::uint64_t tag;
  bool is_redelivered;
  Message message;
};

class Consumer : BrokerListener {
 public:
  explicit Consumer(const Place& place, int prefetch = 100);
  Consumer(std::unique_ptr<Broker> connected, std::size_t queues, int prefetch);
  // As a crash would: nothing is settled.
  ~Consumer() override = default;

  // Turns until `is_done`, or fails the test after 20 s.
  void until(const std::function<bool()>& is_done);
  // Turns until nothing has come for a while: for "nothing more comes".
  void until_quiet();
  // Turns once; waits for something up to `timeout`.
  Result<void> turn(std::chrono::milliseconds timeout);
  // Waits for `count` deliveries that have not been taken yet, and takes them.
  std::vector<Seen> take(std::size_t count);

  void acknowledge(const Seen& one) { broker->acknowledge(one.queue, one.tag, Handled::Done); }
  // Publishes nothing any more, and waits until all is confirmed.
  void await_published();
  // Goodbye: all that was settled is applied.
  void close();

  std::unique_ptr<Broker> broker;
  std::vector<Seen> seen;
  std::vector<std::string> refusals;                // of publications
  std::size_t published = 0;                        // answered
  std::vector<std::pair<QueueIndex, bool>> pauses;  // that it was told of
  int proven_empty = 0;
  int probes_delivered = 0;

 private:
  void on_delivery(QueueIndex queue, std::uint64_t tag, bool is_redelivered,
                   Message& message) override;
  void on_consuming(QueueIndex, int) override { ++consuming_; }
  void on_paused(QueueIndex queue, bool is_paused) override {
    pauses.emplace_back(queue, is_paused);
  }
  void on_proven_empty(QueueIndex) override { ++proven_empty; }
  void on_probe_delivered(QueueIndex) override { ++probes_delivered; }
  void on_published(std::uint64_t number, const Result<void>& taken) override;

  std::size_t consuming_ = 0;
};

Message event(const std::string& name, const std::string& body = "{}");
// So many, with "0", "1", … for bodies.
std::vector<Message> numbered(int count);
// How many are ready in a queue; nothing if the broker does not know it.
std::optional<std::uint64_t> ready(const Place& place, const std::string& queue);
void enqueue(const Place& place, const std::string& queue, const std::vector<Message>& messages);

}  // namespace actiond::test
