#include "broker/rabbitmq/control_exchange.hpp"

#include <array>

#include "broker/fleet.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace actiond {
namespace {

using action::to_bytes;

constexpr char kExpiration[] = "60000";  // ms; whoever does not read by then, need not
constexpr std::int64_t kExpirationMs = 60'000;
constexpr std::int64_t kLongestOwnQueue = 1000;   // messages
constexpr std::int64_t kLongestRoster = 100'000;  // messages

// A virtual host may make quorum queues of all that don't say what they are.
amqp_table_entry_t classic() {
  amqp_table_entry_t type{};
  type.key = amqp_cstring_bytes("x-queue-type");
  type.value.kind = AMQP_FIELD_KIND_UTF8;
  type.value.value.bytes = amqp_cstring_bytes("classic");
  return type;
}

amqp_table_entry_t number(const char* key, std::int64_t value) {
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes(key);
  entry.value.kind = AMQP_FIELD_KIND_I64;
  entry.value.value.i64 = value;
  return entry;
}

}  // namespace

std::string control_exchange(const std::string& application) {
  return application + ".control";
}

std::string roster_queue(const std::string& application) {
  return application + ".roster.v1";
}

Result<void> send_exchange(action::Connection& connection, amqp_channel_t channel,
                           const std::string& application) {
  const auto name = control_exchange(application);
  amqp_exchange_declare_t declare{};
  declare.exchange = to_bytes(name);
  declare.type = amqp_cstring_bytes("topic");
  declare.durable = true;
  return connection.send(channel, AMQP_EXCHANGE_DECLARE_METHOD, &declare);
}

Result<void> send_roster(action::Connection& connection, amqp_channel_t channel,
                         const std::string& application) {
  std::array entries{classic(),
                     number("x-message-ttl", std::chrono::milliseconds(kRosterTime).count()),
                     number("x-max-length", kLongestRoster)};
  const auto name = roster_queue(application);
  amqp_queue_declare_t declare{};
  declare.queue = to_bytes(name);
  declare.durable = true;
  declare.arguments = {static_cast<int>(entries.size()), entries.data()};
  return connection.send(channel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

Result<void> send_own_queue(action::Connection& connection, amqp_channel_t channel,
                            const std::string& queue) {
  std::array entries{classic(), number("x-max-length", kLongestOwnQueue),
                     number("x-message-ttl", kExpirationMs)};
  amqp_queue_declare_t declare{};
  declare.queue = to_bytes(queue);
  declare.exclusive = true;
  declare.arguments = {static_cast<int>(entries.size()), entries.data()};
  return connection.send(channel, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

Result<void> publish_control(action::Connection& connection, amqp_channel_t channel,
                             const ControlMessage& message) {
  amqp_basic_publish_t method{};
  method.exchange = to_bytes(message.exchange);
  method.routing_key = to_bytes(message.key);
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG;
  properties.content_type = amqp_cstring_bytes("application/json");
  if (!message.exchange.empty()) {  // the roster's have its own time
    properties._flags |= AMQP_BASIC_EXPIRATION_FLAG;
    properties.expiration = amqp_cstring_bytes(kExpiration);
  }
  if (!message.reply_to.empty()) {
    properties._flags |= AMQP_BASIC_REPLY_TO_FLAG;
    properties.reply_to = to_bytes(message.reply_to);
  }
  if (!message.correlation_id.empty()) {
    properties._flags |= AMQP_BASIC_CORRELATION_ID_FLAG;
    properties.correlation_id = to_bytes(message.correlation_id);
  }
  return connection.publish(channel, method, properties, message.body);
}

}  // namespace actiond
