#include "broker/rabbitmq/same_rabbit.hpp"

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

bool is_locked(const Result<void>& declared) {
  return !declared && declared.error().text.starts_with("405 ");
}

}  // namespace

// A queue that is exclusive to one connection is locked for the other: 405, instead of not found.
Result<bool> is_one_rabbit(const action::BrokerUrl& one, const action::BrokerUrl& other,
                           const std::string& application, std::chrono::milliseconds timeout) {
  const std::string queue = application + ".migrate." + action::new_event_id();
  auto marking = connect(one, timeout);
  if (!marking) return marking.error();
  auto looking = connect(other, timeout);
  if (!looking) return looking.error();
  const bool is_one =
      declare(**marking, queue, false) && is_locked(declare(**looking, queue, true));
  for (auto* connection : {&*marking, &*looking})
    if ((*connection)->is_open()) (void)(*connection)->close(1s).ok();
  return is_one;
}

}  // namespace actiond
