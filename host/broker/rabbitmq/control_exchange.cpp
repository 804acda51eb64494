#include "broker/rabbitmq/control_exchange.hpp"

#include "broker/fleet.hpp"
#include "client/rabbitmq/amqp.hpp"

namespace actiond {
namespace {

using action::to_bytes;

constexpr char kExpiration[] = "60000";  // ms; whoever does not read by then, need not
constexpr std::int64_t kExpirationMs = 60'000;
constexpr std::int64_t kLongestOwnQueue = 1000;   // messages
constexpr std::int64_t kLongestRoster = 100'000;  // messages

}  // namespace

std::string control_exchange(const std::string& application) {
  return application + ".control";
}

std::string roster_queue(const std::string& application) {
  return application + ".roster.v1";
}

// A virtual host may make quorum queues of all that don't say what they are.
std::vector<action::Step> control_steps(const std::string& application, const std::string& queue,
                                        const std::vector<std::string>& targets) {
  using action::Step, action::StepKind;
  const auto exchange = control_exchange(application);
  std::vector<Step> steps{{StepKind::Exchange, exchange, "topic"},
                          {StepKind::Queue, roster_queue(application)},
                          {StepKind::Queue, queue}};
  steps[1].arguments = {{"x-queue-type", "classic"},
                        {"x-message-ttl", std::chrono::milliseconds(kRosterTime).count()},
                        {"x-max-length", kLongestRoster}};
  steps[2].arguments = {{"x-queue-type", "classic"},
                        {"x-message-ttl", kExpirationMs},
                        {"x-max-length", kLongestOwnQueue}};
  steps[2].is_exclusive = true;
  for (const auto& target : targets)
    steps.push_back({StepKind::BindQueue, queue, exchange, target});
  return steps;
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
