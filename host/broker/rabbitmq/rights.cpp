#include "broker/rabbitmq/rights.hpp"

#include <fmt/format.h>

#include <optional>

#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/declare.hpp"
#include "client/rabbitmq/delay.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr amqp_channel_t kRightsChannel = 1;

class Rights {
 public:
  Rights(action::Connection& connection, const action::Topology& topology,
         const action::BrokerUrl& url)
      : connection_(connection), topology_(topology), url_(url) {}

  Result<std::vector<std::string>> missing() {
    if (auto opened = connection_.open_channel(kRightsChannel); !opened) return opened.error();
    try_to_write(topology_.application, "handlers can't queue events");
    try_to_write("", "events that fail for good can't become dead letters");
    for (int level = action::kDelayLevels - 1; !lost_ && level >= 0; --level)
      if (try_to_write(action::delay_level(topology_.application, level),
                       "events that failed can't be tried again"))
        break;  // it would be the same with the others
    for (const auto& queue : topology_.queues) try_to_read(topology_.queue(queue));
    if (lost_) return lost_->within("which rights are there can't be tried");
    return std::move(missing_);
  }

 private:
  // In a transaction that is rolled back. True: it may not.
  bool try_to_write(const std::string& exchange, const char* consequence) {
    amqp_tx_select_t select{};
    amqp_basic_publish_t publish{0, action::to_bytes(exchange), amqp_cstring_bytes("check"), false,
                                 false};
    amqp_tx_rollback_t rollback{};
    if (is_refused(AMQP_TX_SELECT_METHOD, &select) || lost_) return false;
    (void)connection_.publish(kRightsChannel, publish, {}, {}).ok();  // is_refused finds it lost
    if (!is_refused(AMQP_TX_ROLLBACK_METHOD, &rollback)) return false;
    note(
        "write to",
        exchange.empty() ? "the default exchange (amq.default)" : "the exchange '" + exchange + "'",
        consequence);
    return true;
  }

  // A consumer that can't be: the broker looks at its arguments after the right to have it.
  void try_to_read(const std::string& queue) {
    if (lost_) return;
    amqp_table_entry_t priority{amqp_cstring_bytes("x-priority"), {}};
    priority.value.kind = AMQP_FIELD_KIND_UTF8;
    priority.value.value.bytes = amqp_cstring_bytes("none");
    amqp_basic_consume_t consume{};
    consume.queue = action::to_bytes(queue);
    consume.arguments = {1, &priority};
    if (is_refused(AMQP_BASIC_CONSUME_METHOD, &consume))
      note("read", "the queue '" + queue + "'", "its events are not run");
  }

  // The broker has closed the channel, which is open again.
  bool is_refused(amqp_method_number_t method, void* fields) {
    const auto answer = connection_.call(kRightsChannel, method, fields);
    connection_.release(kRightsChannel);
    if (!answer && !connection_.is_open()) lost_ = answer.error();
    if (answer && method == AMQP_BASIC_CONSUME_METHOD)  // what it delivers goes back at the end
      lost_ = Error{"the broker takes a consumer whose x-priority is no number"};
    return !answer && !lost_ && answer.error().text.starts_with("403 ");
  }

  void note(const char* what, const std::string& which, const char* consequence) {
    const std::string own = topology_.application + "([.].*)?";
    missing_.push_back(fmt::format(
        "the user '{}' may not {} {}, so {}: rabbitmqctl set_permissions -p '{}' '{}' '^{}$' "
        "'^({}|amq[.]default)$' '^{}$'",
        url_.user, what, which, consequence, url_.vhost, url_.user, own, own, own));
  }

  action::Connection& connection_;
  const action::Topology& topology_;
  const action::BrokerUrl& url_;
  std::vector<std::string> missing_;
  std::optional<Error> lost_;  // the connection
};

}  // namespace

Result<std::vector<std::string>> missing_rights_at_rabbit(const action::Link::Target& target,
                                                          const action::BrokerUrl& url,
                                                          std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, target.name, timeout);
  if (!connection) return connection.error();
  auto missing = Rights(**connection, target.topology, url).missing();
  if ((*connection)->is_open()) (void)(*connection)->close(1s).ok();
  return missing;
}

}  // namespace actiond
