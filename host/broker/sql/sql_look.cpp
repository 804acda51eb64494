// A look at a queue in a database: what waits, what is in whose hand.
#include "broker/sql/sql_look.hpp"

#include <fmt/format.h>

#include "broker/sql/owner.hpp"
#include "broker/sql/sql_pauses.hpp"

namespace actiond {

std::string oldest_ready_query(const action::sql::Dialect& sql, std::string_view queue) {
  return fmt::format(
      "(SELECT due_ms FROM {}{} WHERE queue = {} AND state = 0 AND due_ms <= {}"
      " ORDER BY due_ms LIMIT 1)",
      sql.events, sql.by_ready, queue, sql.now_ms);
}

namespace {

using action::sql::Dialect;
using action::sql::QueueTables;

std::string counts_statement(const Dialect& sql) {
  const auto count = [&sql](const std::string& which) {
    return fmt::format("(SELECT COUNT(*) FROM {}{} WHERE queue = q.name AND {})", sql.events,
                       sql.by_ready, which);
  };
  const auto sum = [&sql](const std::string& column) {
    return fmt::format("(SELECT COALESCE(SUM({}), 0) FROM {} WHERE queue = q.name)", column,
                       sql.counts);
  };
  return fmt::format("SELECT {}, {}, {}, {}, {}, {} FROM {} AS q WHERE q.name = ?",
                     count("state = 0 AND due_ms <= " + sql.now_ms),
                     count(fmt::format("state = 0 AND due_ms > {} AND due_ms < {}", sql.now_ms,
                                       action::sql::kNeverDue_ms)),
                     count("state = 1"), sum("done"), sum("failed"),
                     oldest_ready_query(sql, "q.name"), sql.queues);
}

Result<void> look_at(QueueTables& tables, int owners, QueueLook& look) {
  const auto counts = tables.session().with(counts_statement(tables.dialect()), look.name);
  if (!counts) return counts.error();
  if (counts->rows() == 0) return {};
  const auto number = [&](std::size_t column) {
    return static_cast<std::uint64_t>(counts->number(0, column));
  };
  look.ready = number(0);
  look.later = number(1);
  look.in_hand = number(2);
  look.consumers = look.name == action::kDead ? 0 : static_cast<std::uint64_t>(owners);
  look.done = number(3);
  look.failed = number(4);
  if (!counts->is_null(0, 5) && counts->number(0, 5) > 0)  // else by another program: at once
    look.oldest_ms = counts->number(0, 5);
  return {};
}

Result<void> look_at_pauses(QueueTables& tables, BrokerLook& look) {
  const auto keeps = tables.keeps_pauses(QueueTables::Missing::Leave);
  if (!keeps) return keeps.error();
  for (auto& queue : look.queues) {
    if (!*keeps) continue;
    auto pause = pause_in_tables(tables, queue.name);
    if (!pause) return pause.error();
    queue.pause = std::move(*pause);
  }
  return {};
}

Result<void> look_in_hands(QueueTables& tables, BrokerLook& look) {
  const auto& sql = tables.dialect();
  const auto rows = tables.session().with(fmt::format(
      "SELECT e.event, e.id, e.queue, o.name, e.owned_since_ms FROM {0} AS e JOIN {1} AS o"
      " ON o.id = e.owner WHERE e.queue IN (SELECT name FROM {2}) AND e.state = 1"
      " ORDER BY e.owned_since_ms LIMIT 100",
      sql.events, sql.owners, sql.queues));
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < rows->rows(); ++i)
    look.in_hand.push_back({std::string(rows->text(i, 0)), std::string(rows->text(i, 1)),
                            std::string(rows->text(i, 2)), std::string(rows->text(i, 3)),
                            rows->number(i, 4)});
  return {};
}

}  // namespace

// No tables are no problem, and none are made: the first poller or event does that.
Result<BrokerLook> look_at_database(const action::Link::Target& target,
                                    std::chrono::milliseconds timeout) {
  auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                  timeout, timeout, QueueTables::Missing::Leave);
  if (!tables) return tables.error();
  BrokerLook look;
  look.name = (*tables)->shown();
  for (const auto& name : target.topology.queues) look.queues.emplace_back().name = name;
  look.queues.emplace_back().name = action::kDead;
  if ((*tables)->is_empty()) return look;
  const auto owners = living_owners(**tables);
  if (!owners) return owners.error();
  for (auto& queue : look.queues)
    if (auto looked = look_at(**tables, *owners, queue); !looked) return looked.error();
  if (auto looked = look_in_hands(**tables, look); !looked) return looked.error();
  if (auto looked = look_at_pauses(**tables, look); !looked) return looked.error();
  return look;
}

}  // namespace actiond
