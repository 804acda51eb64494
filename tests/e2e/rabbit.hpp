// The broker as the tests see it: named by $ACTION_TEST_BROKER; $ACTION_TEST_RABBITMQ_DIR is where
// scripts/rabbitmq finds it. One application per test process, because 28 delay queues cost time;
// each test begins with its queues empty.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/message.hpp"
#include "skipping.hpp"

std::string test_broker();  // "" without one
std::string test_rabbitmq_dir();

#define NEEDS_BROKER() \
  if (test_broker().empty()) SKIP_TEST("ACTION_TEST_BROKER names no broker")

#define NEEDS_NODE() \
  NEEDS_BROKER();    \
  if (test_rabbitmq_dir().empty()) SKIP_TEST("ACTION_TEST_RABBITMQ_DIR names no directory")

// Any message, also one that is no event.
struct RawMessage {
  std::optional<std::string> type{};
  std::string body{};
  std::string message_id{};
  std::map<std::string, std::string> headers{};
  std::map<std::string, std::int64_t> numbers{};  // headers as well, of one to be published
  bool is_redelivered = false;

  // A header that must be there.
  std::string header(const std::string& name) const;
};

namespace rabbit {

// The application's name, the same all the time in this process.
const std::string& application();
std::string queue_name(const std::string& queue);

// Declares what the pollers would, once, and empties all of the queues.
void prepare();

// Queues events over a connection of its own, which is there when time counts.
class Publishing {
 public:
  Publishing();
  ~Publishing();
  // Queues `count` events, confirmed, as fast as they go. "{n}" in the params becomes 0, 1, ….
  void queue(const std::string& event, const std::string& params = "{}",
             const std::string& queue = "medium", int count = 1);
  void bury(const std::vector<action::Message>& letters);

 private:
  class Link;
  std::unique_ptr<Link> link_;
};

// The same, over a connection for this call.
void queue(const std::string& event, const std::string& params = "{}",
           const std::string& queue = "medium", int count = 1);
void publish(const std::string& queue, const RawMessage& message);

// Puts events for a queue among those that were due and had none; as earlier versions did, in a
// classic queue of another name.
enum class Unroutable { New, Old };
void make_unroutable(const std::string& queue, int count, Unroutable kind = Unroutable::New);

// Messages ready in a queue ("medium", "dead"); those in hand are not counted.
std::uint32_t ready(const std::string& queue);
bool exists(const std::string& queue);
std::uint32_t consumers(const std::string& queue);
// Takes all that is ready off a queue.
std::vector<RawMessage> take_all(const std::string& queue);
// Takes one that is ready, if any is, and gives it back.
void give_back(const std::string& queue);
// Takes a message from there, if there is one, and vanishes with it: RabbitMQ 4.3 counts no message
// that is only given back.
void lose(const std::string& queue);
// Waits until so many dead letters are there, and takes them.
std::vector<RawMessage> dead_letters(std::size_t count = 1);

// Stores these among the dead letters, confirmed, as pollers do.
void bury(const std::vector<action::Message>& letters);
// Makes the queue of dead letters anew: "classic" or "quorum". prepare() uses either.
void declare_dead(const std::string& type);

void delete_queue(const std::string& queue);
void declare_with_ttl(const std::string& queue, std::int64_t ttl_ms);
// Forgets a connection that is cut, or soon will be; restarted() also tells remove().
void disconnect();
void restarted();
// Deletes everything of the application, but for the delay queues if the broker was restarted.
void remove();

}  // namespace rabbit
