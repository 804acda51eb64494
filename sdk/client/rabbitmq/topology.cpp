#include "client/rabbitmq/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "client/rabbitmq/amqp.hpp"

namespace action {
namespace {

// Before 4.3 every give-back counts against a quorum queue's limit, and -1 makes 3.10 drop the
// message: a number that is never reached is the one portable way to say "no limit".
constexpr std::int64_t kNoDeliveryLimit = 1000000;

// The type is always told: without it a virtual host's default type would decide.
class QueueArguments {
 public:
  explicit QueueArguments(QueueKind kind) {
    const bool is_quorum = kind == QueueKind::Quorum;
    entries_[0].key = amqp_cstring_bytes("x-queue-type");
    entries_[0].value.kind = AMQP_FIELD_KIND_UTF8;
    entries_[0].value.value.bytes = amqp_cstring_bytes(is_quorum ? "quorum" : "classic");
    if (!is_quorum) return;
    entries_[1].key = amqp_cstring_bytes("x-delivery-limit");
    entries_[1].value.kind = AMQP_FIELD_KIND_I64;
    entries_[1].value.value.i64 = kNoDeliveryLimit;
    count_ = 2;
  }
  amqp_table_t table() { return {count_, entries_.data()}; }

 private:
  std::array<amqp_table_entry_t, 2> entries_{};
  int count_ = 1;
};

// What stands in the first quotes behind `mark`.
std::string_view quoted(std::string_view text, std::string_view mark) {
  const auto found = text.find(mark);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + mark.size());
  text.remove_prefix(std::min(text.size(), text.find('\'')));
  if (!text.empty()) text.remove_prefix(1);
  return text.substr(0, text.find('\''));
}

// "inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received none but current is the
// value '60000' of type 'long'", or "… but current is '60000'", or "… but current is none".
std::string_view argument_in(std::string_view text) {
  return quoted(text, "inequivalent arg ");
}

// A limit on deliveries throws away an event that was given back more often. A queue without the
// argument has none up to RabbitMQ 3.13, and 20 since 4.0; -1 means none since 4.0 only.
bool limit_does_no_harm(std::string_view text, int server_major) {
  const std::string_view value = quoted(text, "current is ");
  if (value.empty()) return server_major < 4;
  std::int64_t limit = 0;
  std::from_chars(value.data(), value.data() + value.size(), limit);
  return limit < 0 ? server_major >= 4 : limit >= kNoDeliveryLimit;
}

// Arguments that change how fast or where a queue keeps its messages, but not whether.
bool does_no_harm(std::string_view text, int server_major) {
  const std::string_view argument = argument_in(text);
  if (argument == "x-delivery-limit") return limit_does_no_harm(text, server_major);
  for (std::string_view harmless :
       {"x-queue-type", "x-max-priority", "x-queue-mode", "x-queue-version",
        "x-queue-master-locator", "x-queue-leader-locator", "x-quorum-initial-group-size",
        "x-consumer-timeout"})
    if (argument == harmless) return true;
  return false;
}

class Declaration {
 public:
  Declaration(Connection& connection, amqp_channel_t channel)
      : connection_(connection), channel_(channel) {}

  Result<void> exchange(const std::string& name) {
    amqp_exchange_declare(connection_.raw(), channel_, to_bytes(name), amqp_cstring_bytes("direct"),
                          false, true, false, false, amqp_empty_table);
    const auto reply = connection_.reply();
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
    // A user who may not configure may well use what is there: publishing tells.
    if (close_reason(reply).code == AMQP_ACCESS_REFUSED)
      return connection_.reopen_channel(channel_);
    return Error{
        fmt::format("the exchange '{}' can't be used ({}): delete it, or choose another "
                    "name for the application",
                    name, describe(reply))};
  }

  Result<void> queue(const std::string& name, QueueKind kind) {
    CloseReason refused;
    if (auto tried = try_declare(name, kind, refused); !tried) return tried;
    if (refused.code == 0) return {};
    if (refused.code == AMQP_ACCESS_REFUSED) return require_existing(name);
    // A queue of the other type may differ in more than that: look behind the first difference.
    if (argument_in(refused.text) == "x-queue-type") {
      const QueueKind other = kind == QueueKind::Classic ? QueueKind::Quorum : QueueKind::Classic;
      if (auto tried = try_declare(name, other, refused); !tried) return tried;
      if (refused.code == 0) return {};
    }
    if (refused.code != AMQP_PRECONDITION_FAILED || argument_in(refused.text).empty())
      return Error{fmt::format("the queue '{}' can't be used: {}", name, refused.text)};
    if (does_no_harm(refused.text, connection_.server_major())) return {};
    return Error{
        fmt::format("the queue '{}' exists with other arguments, by which events could be lost or "
                    "kept from the pollers ({}): delete it, or choose another name for the "
                    "application",
                    name, refused.text)};
  }

  Result<void> bind(const std::string& queue, const std::string& exchange, const std::string& key) {
    amqp_queue_bind(connection_.raw(), channel_, to_bytes(queue), to_bytes(exchange), to_bytes(key),
                    amqp_empty_table);
    const auto reply = connection_.reply();
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
    if (close_reason(reply).code == AMQP_ACCESS_REFUSED)
      return connection_.reopen_channel(channel_);
    return Error{fmt::format("binding the queue '{}': {}", queue, describe(reply))};
  }

 private:
  Result<void> require_existing(const std::string& name) {
    auto depth = queue_depth(connection_, channel_, name);
    return depth.ok() ? Result<void>() : depth.error();
  }

  // Leaves in `refused` why the broker closed the channel, code 0 if it did not.
  Result<void> try_declare(const std::string& name, QueueKind kind, CloseReason& refused) {
    QueueArguments arguments(kind);
    amqp_queue_declare(connection_.raw(), channel_, to_bytes(name), false, true, false, false,
                       arguments.table());
    const auto reply = connection_.reply();
    refused = close_reason(reply);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
    if (!connection_.is_open())
      return Error{fmt::format("declaring the queue '{}': {}", name, describe(reply))};
    return connection_.reopen_channel(channel_);
  }

  Connection& connection_;
  amqp_channel_t channel_;
};

}  // namespace

Result<void> declare(Connection& connection, amqp_channel_t channel, const Topology& topology) {
  Declaration declaration(connection, channel);
  if (auto done = declaration.exchange(topology.application); !done) return done;
  for (const auto& name : topology.queues) {
    if (auto done = declaration.queue(topology.queue(name), topology.kind); !done) return done;
    if (auto done = declaration.bind(topology.queue(name), topology.application, name); !done)
      return done;
  }
  return declaration.queue(topology.dead(), topology.kind);
}

Result<QueueDepth> queue_depth(Connection& connection, amqp_channel_t channel,
                               const std::string& queue) {
  const auto* ok = amqp_queue_declare(connection.raw(), channel, to_bytes(queue), true, false,
                                      false, false, amqp_empty_table);
  if (ok != nullptr) return QueueDepth{ok->message_count, ok->consumer_count};
  const auto reply = connection.reply();
  const std::string why = describe(reply);
  if (connection.is_open())
    if (auto reopened = connection.reopen_channel(channel); !reopened) return reopened.error();
  return Error{fmt::format("the queue '{}' can't be asked: {}", queue, why)};
}

}  // namespace action
