// One life of a client's connection to what keeps its events, whichever that is: from the first of
// its brokers that answers to the first error. One thread; what publish and wait do, they tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/message.hpp"
#include "client/result.hpp"
#include "client/topology.hpp"

namespace action {

class Link {
 public:
  // Told of each publication once, in no order: its number, and why it was not taken, if so.
  using OnSettled = std::function<void(std::uint64_t number, const Result<void>& taken)>;

  // Where to, and what to declare there; Topology's `queues` are not used.
  struct Target {
    std::vector<std::string> brokers;  // the URLs of RabbitMQ's nodes, or
    std::string queue_file;            // the path of an SQLite file, or
    std::string database;              // the address of a database server, or
    std::string memcached;             // that of memcached
    Topology topology;
    std::string name;    // for the broker's list of connections
    std::string advice;  // "; ...": added to the sentence if none of them can be reached
  };

  // Tries the brokers in order, once each, `timeout` in all. Blocks.
  static Result<std::unique_ptr<Link>> open(const Target& target, OnSettled on_settled,
                                            std::chrono::milliseconds timeout);
  virtual ~Link() = default;

  // Sends a message and returns its number, as told to on_settled. `queue` is a work queue's short
  // name, or kDead. Blocks for the declaration of a queue that is new to this link. If is_open is
  // true after a failure, the queue or the message can't be used; if not, the link is over.
  virtual Result<std::uint64_t> publish(const std::string& queue, const Message& message) = 0;
  // The same, but the message reaches the queue after `delay`. The first call on a link may block
  // for what has to be declared.
  virtual Result<std::uint64_t> publish_later(const std::string& queue, const Message& message,
                                              std::chrono::milliseconds delay) = 0;
  // Hears what became of what was sent; waits for it up to `timeout`. Fails when the link is over.
  virtual Result<void> wait(std::chrono::milliseconds timeout) = 0;

  virtual bool is_open() const = 0;
  // The broker takes nothing at present, and why.
  virtual bool is_blocked() const { return false; }
  virtual std::string blocked_reason() const { return {}; }
  // False: so much is published and not sent that more is to wait. It is sent inside wait.
  virtual bool has_room() const { return true; }
  // So many bytes are sent: they tell progress.
  virtual std::uint64_t sent() const { return 0; }
  // Declare it again before its next event: it was seen to be missing.
  virtual void forget([[maybe_unused]] const std::string& queue) {}

  // In a forked child: leaves the connection to the parent without a word.
  virtual void abandon() = 0;
};

// Fills in where to, from addresses with white space between: RabbitMQ's nodes, or one
// "sqlite:PATH", where the path goes on to the end of the text, or one server's. Fails if one
// can't be understood.
Result<void> read_addresses(std::string_view text, Link::Target& target);

// Do both lead to the same queues, by whatever user or path?
bool is_same_place(const Link::Target& one, const Link::Target& other);

}  // namespace action
