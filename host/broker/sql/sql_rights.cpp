#include "broker/sql/sql_rights.hpp"

#include <fmt/format.h>

#include <span>

#include "client/sql/queue_tables.hpp"

namespace actiond {
namespace {

using action::sql::QueueTables;
using action::sql::Trouble;

// A right is looked at before the rows are, so a statement that meets no row will do.
struct Needed {
  std::string table;
  std::string column;   // one of it
  std::string columns;  // those without which there is no row
  std::vector<std::string> rights;
};

std::string try_of(const std::string& right, const Needed& needed) {
  if (right == "SELECT") return fmt::format("SELECT 1 FROM {} WHERE 1 = 0", needed.table);
  if (right == "DELETE") return fmt::format("DELETE FROM {} WHERE 1 = 0", needed.table);
  if (right == "UPDATE")
    return fmt::format("UPDATE {0} SET {1} = {1} WHERE 1 = 0", needed.table, needed.column);
  return fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {0} WHERE 1 = 0", needed.table,
                     needed.columns);
}

Result<void> try_all(QueueTables& tables, std::span<const Needed> all,
                     std::vector<std::string>& missing) {
  for (const auto& needed : all)
    for (const auto& right : needed.rights) {
      const auto tried = tables.session().execute(try_of(right, needed));
      if (tried) continue;
      if (tables.session().trouble() != Trouble::Forbidden) return tried.error();
      missing.push_back(
          fmt::format("the user lacks {0} on {1}: as an administrator, GRANT {0} ON "
                      "{1} TO that user",
                      right, needed.table));
      if (right == "SELECT") break;  // the others are tried by statements that read
    }
  return {};
}

}  // namespace

Result<std::vector<std::string>> missing_rights_in_database(const action::Link::Target& target,
                                                            bool has_cron,
                                                            std::chrono::milliseconds timeout) {
  const auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                        timeout, timeout);
  if (!tables) return tables.error();
  const auto& sql = (*tables)->dialect();
  std::vector<Needed> all{
      {sql.queues, "name", "name", {"SELECT", "INSERT"}},
      {sql.owners, "name", "name, since_ms", {"SELECT", "INSERT", "DELETE"}},
      {sql.counts, "done", "queue, owner, done, failed", {"SELECT", "INSERT", "UPDATE", "DELETE"}},
      {sql.events, "state", "queue, event", {"SELECT", "INSERT", "UPDATE", "DELETE"}}};
  if (has_cron) all.push_back({sql.lease, "state", "id, state", {"SELECT", "INSERT", "UPDATE"}});
  std::vector<std::string> missing;
  const auto keeps = (*tables)->keeps_pauses(QueueTables::Missing::Make);
  if (!keeps) return keeps.error();
  if (!*keeps) missing.push_back((*tables)->keeps_no_pauses().text);
  if (*keeps)
    all.push_back({sql.pauses, "reason", "queue, paused_by, at_ms, reason", {"INSERT", "DELETE"}});
  if (auto tried = try_all(**tables, all, missing); !tried) return tried.error();
  return missing;
}

}  // namespace actiond
