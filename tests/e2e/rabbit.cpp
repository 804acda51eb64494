#include "rabbit.hpp"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "../network/raw_calls.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"
#include "rabbit_connection.hpp"

using action::to_bytes;
using action::to_string;
using namespace std::chrono_literals;

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

action::Topology topology() {
  return {rabbit::application(), {"high", "medium", "low"}, action::QueueType::Classic};
}

std::unique_ptr<action::Connection> shared;
bool is_declared = false;
bool was_restarted = false;

action::QueueDepth depth(const std::string& queue) {
  const auto depth =
      action::queue_depth(rabbit::connection(), rabbit::kChannel, rabbit::queue_name(queue));
  if (!depth) FAIL(depth.error().text);
  return *depth;
}

// Its queues by their full names, high to dead, then those of the delays.
std::vector<std::string> work_queues() {
  std::vector<std::string> names;
  for (const char* name : {"high", "medium", "low", "dead"})
    names.push_back(rabbit::queue_name(name));
  return names;
}

std::vector<std::string> delay_names() {
  std::vector<std::string> names;
  for (int level = 0; level < action::kDelayLevels; ++level) {
    const std::string number = std::to_string(level);
    names.push_back(rabbit::queue_name("delay.v1." + std::string(2 - number.size(), '0') + number));
  }
  for (const char* name : {"delay.v1.unroutable", "delay.unroutable", "delay.due.high",
                           "delay.due.medium", "delay.due.low"})
    names.push_back(rabbit::queue_name(name));
  return names;
}

}  // namespace

std::string test_broker() {
  return environment("ACTION_TEST_BROKER");
}

std::string test_rabbitmq_dir() {
  return environment("ACTION_TEST_RABBITMQ_DIR");
}

namespace rabbit {

std::unique_ptr<action::Connection> connect() {
  auto url = action::parse_broker_url(test_broker());
  REQUIRE(url);
  url->heartbeat = 0s;
  auto connection = action::Connection::open(*url, "e2e_tests", 20s);
  if (!connection) FAIL(connection.error().text);
  REQUIRE((*connection)->open_channel(kChannel));
  return std::move(*connection);
}

action::Connection& connection() {
  if (shared == nullptr || !shared->is_open()) shared = connect();
  return *shared;
}

amqp_connection_state_t state() {
  return raw_calls(connection());
}

const std::string& application() {
  static const std::string name = "e2e_" + std::to_string(::getpid());
  return name;
}

std::string queue_name(const std::string& queue) {
  return application() + "." + queue;
}

void prepare() {
  const auto declared = action::declare(connection(), kChannel, topology());
  REQUIRE_MESSAGE(declared, declared.error().text);
  amqp_channel_t channel = kChannel;
  if (!is_declared) REQUIRE(action::Declaration(topology()).delays().run(connection(), channel));
  is_declared = true;
  for (const auto& queue : work_queues()) {
    amqp_queue_purge(state(), kChannel, to_bytes(queue));
    REQUIRE(refusal_of(connection()) == "");
  }
}

void declare_dead(const std::string& type) {
  const auto kind = type == "quorum" ? action::QueueType::Quorum : action::QueueType::Classic;
  delete_queue("dead");
  const auto declared = action::declare(connection(), kChannel, {application(), {}, kind});
  REQUIRE_MESSAGE(declared, declared.error().text);
  disconnect();  // RabbitMQ 3.10 crashes a channel that knew a queue when it had another type
}

std::uint32_t ready(const std::string& queue) {
  return depth(queue).messages;
}

bool exists(const std::string& queue) {
  return action::queue_depth(connection(), kChannel, queue_name(queue)).ok();
}

std::uint32_t consumers(const std::string& queue) {
  return depth(queue).consumers;
}

void delete_queue(const std::string& queue) {
  amqp_queue_delete(state(), kChannel, to_bytes(queue_name(queue)), false, false);
  REQUIRE(refusal_of(connection()) == "");
}

void declare_with_ttl(const std::string& queue, std::int64_t ttl_ms) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes("x-message-ttl");
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = ttl_ms;
  amqp_queue_declare(state(), kChannel, to_bytes(queue_name(queue)), false, true, false, false,
                     {1, &entry});
  REQUIRE(refusal_of(connection()) == "");
}

void disconnect() {
  shared.reset();
}

void restarted() {
  disconnect();
  was_restarted = true;
}

// Outside of the test cases, where doctest's assertions can't be used.
void remove() {
  disconnect();
  const auto url = action::parse_broker_url(test_broker());
  if (!is_declared || !url) return;
  const auto connection = action::Connection::open(*url, "e2e_tests (the end)", 20s);
  if (!connection || !(*connection)->open_channel(kChannel)) return;
  const auto broker = raw_calls(**connection);
  for (const auto& queue : work_queues())
    amqp_queue_delete(broker, kChannel, to_bytes(queue), false, false);
  // RabbitMQ 3.10 deletes a level queue whose leader is being elected at the price of its
  // supervisor of all dead-letter workers: from then on it can neither delay nor declare a level.
  if (was_restarted) return (void)(*connection)->close();
  for (const auto& name : delay_names()) {
    amqp_queue_delete(broker, kChannel, to_bytes(name), false, false);
    amqp_exchange_delete(broker, kChannel, to_bytes(name), false);
  }
  for (const auto& name : {queue_name("delay.v1.deliver"), queue_name("delay.due"), application()})
    amqp_exchange_delete(broker, kChannel, to_bytes(name), false);
  (void)(*connection)->close();
}

}  // namespace rabbit
