// Queues an event within a transaction of one's own, on a connection of MariaDB's or MySQL's C
// library: it is queued once that transaction is committed, and never was if it is rolled back.
// Nothing to link with but that library.
//
//   mysql_query(connection, "START TRANSACTION");
//   mysql_query(connection, "INSERT INTO orders …");
//   action::mysql::queue_action_event(connection, "send_invoice", {{"order", 7}});
//   mysql_query(connection, "COMMIT");
//
// The tables are those of pollers whose `broker:` is this database; 'actiond setup' makes them.
#ifndef ACTION_MYSQL_HPP
#define ACTION_MYSQL_HPP

#include <mysql.h>

#include <action/queue_options.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#pragma GCC visibility push(hidden)
namespace action::mysql {

namespace detail {

// A random UUID (RFC 4122, version 4).
inline std::string new_id() {
  std::random_device random;
  unsigned part[4];
  for (auto& each : part) each = random();
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%04x%08x", part[0], part[1] >> 16,
                part[1] & 0xfffU, 0x8000U | (part[2] >> 16 & 0x3fffU), part[2] & 0xffffU, part[3]);
  return text;
}

inline std::string quoted(MYSQL* connection, std::string_view text) {
  std::string escaped(2 * text.size() + 1, '\0');
  escaped.resize(::mysql_real_escape_string(connection, escaped.data(), text.data(), text.size()));
  return "'" + escaped + "'";
}

// Names a column and its value to the statement if there is one.
inline void add_text(MYSQL* connection, std::string_view column, std::string_view text,
                     std::string& columns, std::string& values) {
  if (text.empty()) return;
  columns += ", " + std::string(column);
  values += ", " + quoted(connection, text);
}

}  // namespace detail

// Returns the event's id. Without `queue` in `options` it goes to "medium". Delays are kept to the
// millisecond. Throws std::runtime_error if the server refuses it, as one that has no such queue
// does; the transaction is then as it was. Blocks for a round trip. The connection's thread.
inline std::string queue_action_event(MYSQL* connection, std::string_view event,
                                      const nlohmann::json& params = nlohmann::json::object(),
                                      const QueueOptions& options = {},
                                      std::string_view application = "action_event") {
  if (const char* problem = action::detail::problem_with(options))
    throw std::runtime_error("can't queue '" + std::string(event) + "': " + problem);
  if (!options.unique.empty())
    throw std::runtime_error("can't queue '" + std::string(event) +
                             "': .unique is not for a transaction of your own: use action::Client");
  const auto delay = action::detail::delay_of(options, std::chrono::system_clock::now()).count();
  const auto expires = options.expires.count();
  const auto trace = action::detail::trace_of(options);
  const auto id = detail::new_id();
  const auto text = params.is_null() ? "{}" : params.dump();
  const std::string now = "UNIX_TIMESTAMP() * 1000 + MICROSECOND(NOW(3)) DIV 1000 + ";
  const std::string due = now + std::to_string(delay > 0 ? delay + 1 : 0);
  std::string columns = "queue, event, id, params, due_ms";
  std::string values =
      detail::quoted(connection, options.queue.empty() ? "medium" : options.queue) + ", " +
      detail::quoted(connection, event) + ", '" + id + "', " + detail::quoted(connection, text) +
      ", " + due;
  if (expires > 0) {
    columns += ", expires_at_ms";
    values += ", " + due + " + " + std::to_string(expires);
  }
  detail::add_text(connection, "trace_parent", trace.parent, columns, values);
  detail::add_text(connection, "trace_state", trace.state, columns, values);
  const std::string sql = "INSERT INTO `" + std::string(application) + "_events` (" + columns +
                          ") VALUES (" + values + ")";
  if (::mysql_real_query(connection, sql.data(), sql.size()) != 0)
    throw std::runtime_error("can't queue '" + std::string(event) +
                             "': " + ::mysql_error(connection));
  return id;
}

}  // namespace action::mysql
#pragma GCC visibility pop

#endif
