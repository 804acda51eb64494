#include "broker/rabbitmq/same_rabbit.hpp"

#include <fmt/format.h>

#include "client/event_id.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/connection.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kMarking = 1;

Result<std::unique_ptr<action::Connection>> connect(const action::BrokerUrl& url,
                                                    std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, "actiond migrate (is it one broker?)", timeout);
  if (!connection) return connection;
  if (auto opened = (*connection)->open_channel(kMarking); !opened) return opened.error();
  return connection;
}

Result<void> declare(action::Connection& connection, const std::string& queue, bool is_passive) {
  amqp_queue_declare_t declare{};
  declare.queue = action::to_bytes(queue);
  declare.passive = is_passive;
  declare.exclusive = !is_passive;
  const auto declared = connection.call(kMarking, AMQP_QUEUE_DECLARE_METHOD, &declare);
  connection.release(kMarking);
  return declared ? Result<void>() : declared.error();
}

// A queue that is exclusive to one connection is locked for the other: 405, instead of not found.
Result<bool> is_seen(action::Connection& marking, action::Connection& looking,
                     const std::string& queue) {
  const auto is_locked = [](const Result<void>& declared) {
    return !declared && declared.error().text.starts_with("405 ");
  };
  const auto marked = declare(marking, queue, false);
  if (is_locked(marked)) return true;  // the other has made it, and may not look
  if (!marked) return marked.error();
  const auto seen = declare(looking, queue, true);
  if (seen || is_locked(seen)) return true;
  if (action::is_for_want_of_queue(seen.error())) return false;
  return seen.error();
}

}  // namespace

// Whoever may make no queue can still look for the other's.
Result<bool> is_one_rabbit(const action::BrokerUrl& one, const action::BrokerUrl& other,
                           const std::string& application, std::chrono::milliseconds timeout) {
  const std::string queue = application + ".migrate." + action::new_event_id();
  auto first = connect(one, timeout);
  if (!first) return first.error();
  auto second = connect(other, timeout);
  if (!second) return second.error();
  auto is_one = is_seen(**first, **second, queue);
  if (!is_one) is_one = is_seen(**second, **first, queue);
  for (auto* connection : {&*first, &*second})
    if ((*connection)->is_open()) (void)(*connection)->close(1s).ok();
  if (is_one) return is_one;
  return Error{fmt::format(
      "whether {} and {} are one broker can't be found out: {}; let one of the users make the "
      "queue, for it would be emptied into itself for ever",
      one.display(), other.display(), is_one.error().text)};
}

}  // namespace actiond
