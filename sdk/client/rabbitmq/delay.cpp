#include "client/rabbitmq/delay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

// The arguments of a declaration; borrows the texts.
class Arguments {
 public:
  Arguments& text(const char* key, const std::string& value) {
    auto& entry = add(key, AMQP_FIELD_KIND_UTF8);
    entry.value.value.bytes = to_bytes(value);
    return *this;
  }
  Arguments& number(const char* key, std::int64_t value) {
    add(key, AMQP_FIELD_KIND_I64).value.value.i64 = value;
    return *this;
  }
  amqp_table_t table() { return {static_cast<int>(entries_.size()), entries_.data()}; }

 private:
  amqp_table_entry_t& add(const char* key, char kind) {
    amqp_table_entry_t entry{};
    entry.key = amqp_cstring_bytes(key);
    entry.value.kind = static_cast<std::uint8_t>(kind);
    return entries_.emplace_back(entry);
  }
  std::vector<amqp_table_entry_t> entries_;
};

class DelayTopology {
 public:
  DelayTopology(Connection& connection, amqp_channel_t channel, const Topology& topology)
      : connection_(connection),
        channel_(channel),
        topology_(topology),
        prefix_(topology.application + ".delay.v1.") {}

  Result<void> declare() {
    if (auto done = declare_delivery(); !done) return done;
    for (int level = 0; level < kDelayLevels && may_declare_; ++level)
      if (auto done = declare_level(level); !done) return done;
    return bind();
  }

  Result<void> bind() {
    for (const auto& queue : topology_.queues)
      if (auto done = bind_queue(topology_.queue(queue), deliver(), any(kDelayLevels) + queue);
          !done)
        return done;
    return {};
  }

 private:
  std::string deliver() const { return prefix_ + "deliver"; }
  std::string level_name(int level) const { return fmt::format("{}{:02}", prefix_, level); }
  std::string below(int level) const { return level == 0 ? deliver() : level_name(level - 1); }
  static std::string any(int words) {
    std::string pattern;
    for (int i = 0; i < words; ++i) pattern += "*.";
    return pattern;
  }

  Result<void> declare_delivery() {
    const std::string unroutable = prefix_ + "unroutable";
    if (auto done = declare_exchange(unroutable, "fanout", {}); !done || !may_declare_) return done;
    if (auto done = declare_queue(unroutable, Arguments()); !done) return done;
    if (auto done = bind_queue(unroutable, unroutable, ""); !done) return done;
    return declare_exchange(deliver(), "topic", Arguments().text("alternate-exchange", unroutable));
  }

  // A level's queue is a quorum one with at-least-once dead lettering whatever the work queues are:
  // a classic one loses what is expiring when the broker is killed.
  Result<void> declare_level(int level) {
    static const std::string quorum = "quorum", at_least_once = "at-least-once",
                             reject = "reject-publish";
    const std::string name = level_name(level), next = below(level);
    if (auto done = declare_exchange(name, "topic", {}); !done) return done;
    Arguments arguments;
    arguments.text("x-queue-type", quorum).number("x-message-ttl", kDelayTick.count() << level);
    arguments.text("x-dead-letter-exchange", next).text("x-dead-letter-strategy", at_least_once);
    arguments.text("x-overflow", reject);
    if (auto done = declare_queue(name, arguments); !done) return done;
    const std::string higher = any(kDelayLevels - 1 - level);
    if (auto done = bind_queue(name, name, higher + "1.#"); !done) return done;
    return bind_exchange(next, name, higher + "0.#");
  }

  Result<void> declare_exchange(const std::string& name, const char* type, Arguments arguments) {
    amqp_exchange_declare(connection_.raw(), channel_, to_bytes(name), amqp_cstring_bytes(type),
                          false, true, false, false, arguments.table());
    return checked("exchange", name);
  }
  Result<void> declare_queue(const std::string& name, Arguments arguments) {
    amqp_queue_declare(connection_.raw(), channel_, to_bytes(name), false, true, false, false,
                       arguments.table());
    return checked("queue", name);
  }
  Result<void> bind_queue(const std::string& queue, const std::string& exchange,
                          const std::string& key) {
    amqp_queue_bind(connection_.raw(), channel_, to_bytes(queue), to_bytes(exchange), to_bytes(key),
                    amqp_empty_table);
    return checked("binding of the queue", queue);
  }
  Result<void> bind_exchange(const std::string& to, const std::string& from,
                             const std::string& key) {
    amqp_exchange_bind(connection_.raw(), channel_, to_bytes(to), to_bytes(from), to_bytes(key),
                       amqp_empty_table);
    return checked("binding of the exchange", to);
  }
  Result<void> checked(const char* what, const std::string& name) {
    const auto reply = connection_.reply();
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
    const bool is_forbidden = close_reason(reply).code == AMQP_ACCESS_REFUSED;
    // 541 also closes the connection; any other refusal is about the arguments.
    const char* advice = connection_.is_open() ? "delete it, or choose another application: name"
                                               : "if it happens again, see the broker's log";
    const Error error{
        fmt::format("declaring the {} '{}': {}: {}", what, name, describe(reply), advice)};
    if (connection_.is_open())
      if (auto reopened = connection_.reopen_channel(channel_); !reopened) return reopened;
    // A user who may not configure may well use what is there: publishing tells.
    if (!is_forbidden) return error;
    may_declare_ = false;
    return {};
  }

  Connection& connection_;
  amqp_channel_t channel_;
  const Topology& topology_;
  std::string prefix_;
  bool may_declare_ = true;
};

}  // namespace

std::string delay_level(const std::string& application, int level) {
  return fmt::format("{}.delay.v1.{:02}", application, level);
}

DelayRoute delay_route(const std::string& application, const std::string& queue,
                       std::chrono::milliseconds delay) {
  const auto bounded = std::clamp(delay, kDelayTick, kLongestDelay);
  const auto ticks = static_cast<std::uint64_t>(
      (bounded + kDelayTick - std::chrono::milliseconds(1)) / kDelayTick);
  DelayRoute route;
  int highest = 0;
  for (int level = kDelayLevels - 1; level >= 0; --level) {
    const bool waits = (ticks >> level & 1) != 0;
    if (waits) highest = std::max(highest, level);
    route.routing_key += waits ? "1." : "0.";
  }
  route.exchange = delay_level(application, highest);
  route.routing_key += queue;
  return route;
}

// It waits its level's whole time, if it has just come, and passes the lower ones of its bits.
DelayRest rest_of_route(int level, std::string_view routing_key) {
  DelayRest rest;
  std::int64_t ticks = std::int64_t{1} << level;
  for (int bit = kDelayLevels - 1; bit >= 0 && routing_key.size() > 2; --bit) {
    if (bit < level && routing_key[0] == '1') ticks += std::int64_t{1} << bit;
    routing_key.remove_prefix(2);
  }
  rest.queue = routing_key;
  rest.at_most = kDelayTick * ticks;
  return rest;
}

Result<void> declare_delays(Connection& connection, amqp_channel_t channel,
                            const Topology& topology) {
  return DelayTopology(connection, channel, topology).declare();
}

Result<void> bind_to_delays(Connection& connection, amqp_channel_t channel,
                            const Topology& topology) {
  return DelayTopology(connection, channel, topology).bind();
}

Result<std::uint64_t> publish_later(Publisher& publisher, const std::string& application,
                                    const std::string& queue, const Message& message,
                                    std::chrono::milliseconds delay) {
  const auto now = std::chrono::system_clock::now();
  const DelayTrip trip = next_trip(delay, now);
  const DelayRoute route = delay_route(application, queue, trip.delay);
  Message dated = message;
  dated.trail.due_at_ms = trip.due_at_ms;
  dated.trail.delayed_until_ms = due_at_ms(delay, now);
  return publisher.publish(route.exchange, route.routing_key, dated);
}

}  // namespace action
