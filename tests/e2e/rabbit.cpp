#include "rabbit.hpp"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "../network/raw_calls.hpp"
#include "client/event_id.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"
#include "client/rabbitmq/publisher.hpp"
#include "process.hpp"

using action::to_bytes;
using action::to_string;
using namespace std::chrono_literals;

namespace {

constexpr amqp_channel_t kChannel = 1;
constexpr std::size_t kWindow = 2000;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

action::Topology topology() {
  return {rabbit::application(), {"high", "medium", "low"}, action::QueueType::Classic};
}

// Without heartbeats: the tests read from it only now and then.
std::unique_ptr<action::Connection> connect() {
  auto url = action::parse_broker_url(test_broker());
  REQUIRE(url);
  url->heartbeat = 0s;
  auto connection = action::Connection::open(*url, "e2e_tests", 20s);
  if (!connection) FAIL(connection.error().text);
  REQUIRE((*connection)->open_channel(kChannel));
  return std::move(*connection);
}

std::unique_ptr<action::Connection> shared;
bool is_declared = false;
bool was_restarted = false;

action::Connection& connection() {
  if (shared == nullptr || !shared->is_open()) shared = connect();
  return *shared;
}

amqp_connection_state_t state() {
  return raw_calls(connection());
}

action::QueueDepth depth(const std::string& queue) {
  const auto depth = action::queue_depth(connection(), kChannel, rabbit::queue_name(queue));
  if (!depth) FAIL(depth.error().text);
  return *depth;
}

void read_properties(const amqp_basic_properties_t& properties, RawMessage& message) {
  if ((properties._flags & AMQP_BASIC_TYPE_FLAG) != 0) message.type = to_string(properties.type);
  if ((properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG) != 0)
    message.message_id = to_string(properties.message_id);
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const auto& entry = properties.headers.entries[i];
    const bool is_text = entry.value.kind == AMQP_FIELD_KIND_UTF8;
    message.headers[to_string(entry.key)] =
        is_text ? to_string(entry.value.value.bytes) : std::to_string(entry.value.value.i64);
  }
}

std::optional<RawMessage> take_one(const std::string& queue) {
  const auto reply = amqp_basic_get(state(), kChannel, to_bytes(queue), true);
  REQUIRE(reply.reply_type == AMQP_RESPONSE_NORMAL);
  if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
  RawMessage taken;
  taken.is_redelivered = static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->redelivered != 0;
  amqp_message_t message;
  REQUIRE(amqp_read_message(state(), kChannel, &message, 0).reply_type == AMQP_RESPONSE_NORMAL);
  taken.body = to_string(message.body);
  read_properties(message.properties, taken);
  amqp_destroy_message(&message);
  return taken;
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

std::string RawMessage::header(const std::string& name) const {
  const auto found = headers.find(name);
  REQUIRE_MESSAGE(found != headers.end(), "no header ", name);
  return found->second;
}

namespace rabbit {

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
  if (!is_declared) REQUIRE(action::Declaration(topology()).delays().run(connection(), kChannel));
  is_declared = true;
  for (const auto& queue : work_queues()) {
    amqp_queue_purge(state(), kChannel, to_bytes(queue));
    REQUIRE(refusal_of(connection()) == "");
  }
}

class Publishing::Link {
 public:
  Link() : connection_(connect()) {
    auto opened = action::Publisher::open(*connection_, kChannel,
                                          [this](std::uint64_t, const action::Result<void>& taken) {
                                            if (!taken) problem_ = taken.error().text;
                                          });
    REQUIRE(opened);
    publisher_ = std::move(*opened);
  }
  ~Link() { (void)connection_->close(); }

  void send(const std::string& queue, const action::Message& message) {
    send(application(), queue, message);
  }
  void send(const std::string& exchange, const std::string& key, const action::Message& message) {
    REQUIRE(publisher_->publish(exchange, key, message));
    wait_for_less_than(kWindow);
  }
  void wait_for_less_than(std::size_t unconfirmed) {
    while (publisher_->unconfirmed() >= unconfirmed) REQUIRE(publisher_->wait(10s));
    REQUIRE_MESSAGE(problem_.empty(), problem_);
  }

 private:
  std::unique_ptr<action::Connection> connection_;
  std::unique_ptr<action::Publisher> publisher_;
  std::string problem_;
};

Publishing::Publishing() : link_(std::make_unique<Link>()) {}
Publishing::~Publishing() = default;

void Publishing::queue(const std::string& event, const std::string& params,
                       const std::string& queue, int count) {
  const auto place = params.find("{n}");
  for (int n = 0; n < count; ++n) {
    action::Message message;
    message.event = event;
    message.id = action::new_event_id();
    message.body = params;
    if (place != std::string::npos) message.body.replace(place, 3, std::to_string(n));
    link_->send(queue, message);
  }
  link_->wait_for_less_than(1);
}

void Publishing::bury(const std::vector<action::Message>& letters) {
  for (const auto& letter : letters) link_->send("", queue_name("dead"), letter);
  link_->wait_for_less_than(1);
}

void bury(const std::vector<action::Message>& letters) {
  Publishing().bury(letters);
}

void declare_dead(const std::string& type) {
  const auto kind = type == "quorum" ? action::QueueType::Quorum : action::QueueType::Classic;
  delete_queue("dead");
  const auto declared = action::declare(connection(), kChannel, {application(), {}, kind});
  REQUIRE_MESSAGE(declared, declared.error().text);
  disconnect();  // RabbitMQ 3.10 crashes a channel that knew a queue when it had another type
}

void queue(const std::string& event, const std::string& params, const std::string& queue,
           int count) {
  Publishing().queue(event, params, queue, count);
}

void publish(const std::string& queue, const RawMessage& message) {
  const auto publishing = connect();
  amqp_basic_properties_t properties{};
  std::vector<amqp_table_entry_t> entries;
  if (message.type) {
    properties._flags |= AMQP_BASIC_TYPE_FLAG;
    properties.type = to_bytes(*message.type);
  }
  if (!message.message_id.empty()) {
    properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.message_id = to_bytes(message.message_id);
  }
  for (const auto& [name, value] : message.headers) {
    auto& entry = entries.emplace_back();
    entry.key = to_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = to_bytes(value);
  }
  for (const auto& [name, value] : message.numbers) {
    auto& entry = entries.emplace_back();
    entry.key = to_bytes(name);
    entry.value.kind = AMQP_FIELD_KIND_I64;
    entry.value.value.i64 = value;
  }
  properties._flags |= AMQP_BASIC_HEADERS_FLAG;
  properties.headers = {static_cast<int>(entries.size()), entries.data()};
  REQUIRE(amqp_basic_publish(raw_calls(*publishing), kChannel, to_bytes(application()),
                             to_bytes(queue), true, false, &properties,
                             to_bytes(message.body)) == AMQP_STATUS_OK);
  REQUIRE(publishing->close());  // its answer comes after the message was taken
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

std::vector<RawMessage> take_all(const std::string& queue) {
  std::vector<RawMessage> all;
  while (auto message = take_one(queue_name(queue))) all.push_back(std::move(*message));
  return all;
}

void give_back(const std::string& queue) {
  const auto reply = amqp_basic_get(state(), kChannel, to_bytes(queue_name(queue)), false);
  REQUIRE(reply.reply_type == AMQP_RESPONSE_NORMAL);
  if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return;
  const auto tag = static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded)->delivery_tag;
  amqp_message_t message;
  REQUIRE(amqp_read_message(state(), kChannel, &message, 0).reply_type == AMQP_RESPONSE_NORMAL);
  amqp_destroy_message(&message);
  REQUIRE(amqp_basic_nack(state(), kChannel, tag, false, true) == AMQP_STATUS_OK);
}

std::vector<RawMessage> dead_letters(std::size_t count) {
  CHECK(wait_until([count] { return ready("dead") >= count; }));
  auto letters = take_all("dead");
  std::string found;
  for (const auto& letter : letters)
    found += letter.type.value_or("?") + " " + letter.message_id + ": " +
             letter.header("x-action-error") + "\n";
  CAPTURE(found);
  REQUIRE(letters.size() == count);
  return letters;
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
