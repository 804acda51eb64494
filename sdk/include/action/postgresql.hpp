// Queues an event within a transaction of one's own, on a connection of libpq: it is queued once
// that transaction is committed, and never was if it is rolled back. Nothing to link with but that
// library.
//
//   PQexec(connection, "BEGIN");
//   PQexec(connection, "INSERT INTO orders …");
//   action::postgresql::queue_action_event(connection, "send_invoice", {{"order", 7}});
//   PQexec(connection, "COMMIT");
//
// Tables and function are those of pollers whose `broker:` is this database; 'actiond setup' makes
// them.
#ifndef ACTION_POSTGRESQL_HPP
#define ACTION_POSTGRESQL_HPP

#include <libpq-fe.h>

#include <action/queue_options.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#pragma GCC visibility push(hidden)
namespace action::postgresql {

// Returns the event's id. Without `queue` in `options` it goes to "medium". Delays are kept to the
// millisecond. Throws std::runtime_error if the server refuses it, as one that has no such queue
// does; the transaction is then of no further use. Blocks for a round trip. The connection's
// thread.
inline std::string queue_action_event(PGconn* connection, std::string_view event,
                                      const nlohmann::json& params = nlohmann::json::object(),
                                      const QueueOptions& options = {},
                                      std::string_view application = "action_event") {
  if (const char* problem = detail::problem_with(options))
    throw std::runtime_error("can't queue '" + std::string(event) + "': " + problem);
  const auto delay = detail::delay_of(options, std::chrono::system_clock::now());
  const std::string sql =
      "SELECT \"" + std::string(application) + "_queue_event\"($1, $2, $3::JSONB, $4::INTERVAL)";
  const std::string queue = options.queue.empty() ? "medium" : options.queue;
  const std::string name(event), text = params.is_null() ? "{}" : params.dump();
  const std::string interval = std::to_string(delay.count()) + " milliseconds";
  const char* const values[] = {queue.c_str(), name.c_str(), text.c_str(), interval.c_str()};
  const std::unique_ptr<PGresult, decltype(&::PQclear)> result(
      ::PQexecParams(connection, sql.c_str(), 4, nullptr, values, nullptr, nullptr, 0), ::PQclear);
  if (::PQresultStatus(result.get()) != PGRES_TUPLES_OK)
    throw std::runtime_error("can't queue '" + name + "': " + ::PQerrorMessage(connection));
  return ::PQgetvalue(result.get(), 0, 0);
}

}  // namespace action::postgresql
#pragma GCC visibility pop

#endif
