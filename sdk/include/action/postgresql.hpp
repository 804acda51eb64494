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

namespace detail {

// The function knows of no expiry and no trace: with one, what it does is written out.
inline std::string queue_statement(std::string_view application, bool is_plain) {
  const std::string prefix = "\"" + std::string(application);
  if (is_plain) return "SELECT " + prefix + "_queue_event\"($1, $2, $3::JSONB, $4::INTERVAL)";
  return "WITH due AS (SELECT floor(extract(epoch FROM statement_timestamp()) * 1000)::BIGINT +"
         " CASE WHEN $4::INTERVAL > INTERVAL '0'"
         " THEN ceil(extract(epoch FROM $4::INTERVAL) * 1000)::BIGINT + 1 ELSE 0 END AS ms)"
         " INSERT INTO " +
         prefix +
         "_events\" (queue, event, params, due_ms, expires_at_ms, trace_parent, trace_state)"
         " SELECT $1, $2, convert_to(($3::JSONB)::TEXT, 'UTF8'), ms,"
         " CASE WHEN $5::BIGINT > 0 THEN ms + $5::BIGINT ELSE 0 END,"
         " NULLIF($6::TEXT, ''), NULLIF($7::TEXT, '') FROM due RETURNING id";
}

// A connection may speak another encoding than UTF-8, and the server takes for that what it is
// told. As ASCII it is the same in all of them; a database without an encoding knows no \u.
inline std::string params_text(PGconn* connection, const nlohmann::json& params) {
  if (params.is_null()) return "{}";
  const auto is = [connection](const char* parameter, std::string_view encoding) {
    const char* const value = ::PQparameterStatus(connection, parameter);
    return value != nullptr && value == encoding;
  };
  const bool is_ascii = is("server_encoding", "UTF8") && !is("client_encoding", "UTF8");
  return params.dump(-1, ' ', is_ascii);
}

}  // namespace detail

// Returns the event's id. Without `queue` in `options` it goes to "medium". Delays are kept to the
// millisecond. Throws std::runtime_error if the server refuses it, as one that has no such queue
// does; the transaction is then of no further use. Blocks for a round trip. The connection's
// thread.
inline std::string queue_action_event(PGconn* connection, std::string_view event,
                                      const nlohmann::json& params = nlohmann::json::object(),
                                      const QueueOptions& options = {},
                                      std::string_view application = "action_event") {
  if (const char* problem = action::detail::problem_with(options))
    throw std::runtime_error("can't queue '" + std::string(event) + "': " + problem);
  if (!options.unique.empty())
    throw std::runtime_error("can't queue '" + std::string(event) +
                             "': .unique is not for a transaction of your own: use action::Client");
  const auto delay = action::detail::delay_of(options, std::chrono::system_clock::now());
  const Trace trace = action::detail::trace_of(options);
  const bool is_plain = options.expires.count() == 0 && trace.parent.empty();
  const std::string sql = detail::queue_statement(application, is_plain);
  const std::string queue = options.queue.empty() ? "medium" : options.queue;
  const std::string name(event), text = detail::params_text(connection, params);
  const std::string interval = std::to_string(delay.count()) + " milliseconds";
  const std::string expires = std::to_string(options.expires.count());
  const char* const values[] = {queue.c_str(),      name.c_str(),    text.c_str(),
                                interval.c_str(),   expires.c_str(), trace.parent.c_str(),
                                trace.state.c_str()};
  const std::unique_ptr<PGresult, decltype(&::PQclear)> result(
      ::PQexecParams(connection, sql.c_str(), is_plain ? 4 : 7, nullptr, values, nullptr, nullptr,
                     0),
      ::PQclear);
  if (::PQresultStatus(result.get()) != PGRES_TUPLES_OK)
    throw std::runtime_error("can't queue '" + name + "': " + ::PQerrorMessage(connection));
  return ::PQgetvalue(result.get(), 0, 0);
}

}  // namespace action::postgresql
#pragma GCC visibility pop

#endif
