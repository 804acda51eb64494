#include "broker/sql/sql_later.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "client/sql/queue_tables.hpp"

namespace actiond {
namespace {

using action::sql::Answer;
using action::sql::Dialect;
using action::sql::QueueTables;

// Behind the table's name. The last row of a queue may be one that is never due.
std::string which_wait(const Dialect& sql) {
  return fmt::format("WHERE queue = ? AND state = 0 AND due_ms > {} AND due_ms < {}", sql.now_ms,
                     action::sql::kNeverDue_ms);
}

std::string total_statement(const Dialect& sql) {
  return fmt::format("SELECT COUNT(*) FROM {}{} {}", sql.events, sql.by_ready, which_wait(sql));
}

std::string make_due_statement(const Dialect& sql) {
  return fmt::format("UPDATE {} SET due_ms = {} {} AND due_ms = ? AND id = ?", sql.events,
                     sql.now_ms, which_wait(sql));
}

LaterEvent event_of(const Answer& rows, std::size_t row, const std::string& queue) {
  return {{queue, std::string(rows.text(row, 0)), rows.number(row, 1)},
          std::string(rows.text(row, 2)),
          static_cast<int>(rows.number(row, 3)),
          std::string(utf8_prefix(rows.text(row, 4), kMostLaterParams))};
}

Result<void> look_at(QueueTables& tables, const std::string& queue, LaterLook& look) {
  const auto& sql = tables.dialect();
  const auto total = tables.session().with(total_statement(sql), queue);
  if (!total) return total.error();
  look.total += static_cast<std::uint64_t>(total->number(0, 0));
  const auto next = tables.session().with(next_later_statement(sql), queue);
  if (!next) return next.error();
  for (std::size_t row = 0; row < next->rows(); ++row)
    look.next.push_back(event_of(*next, row, queue));
  return {};
}

Result<std::unique_ptr<QueueTables>> open_tables(const action::Link::Target& target,
                                                 std::chrono::milliseconds timeout) {
  return QueueTables::open(target.database, target.topology.application, target.name, timeout,
                           timeout, QueueTables::Missing::Leave);
}

}  // namespace

std::string next_later_statement(const Dialect& sql) {
  return fmt::format(
      "SELECT id, due_ms, event, attempt, SUBSTR(params, 1, {}) FROM {}{} {} ORDER BY due_ms"
      " LIMIT {}",
      kMostLaterParams + 1, sql.events, sql.by_ready, which_wait(sql), kMostLater);
}

// The index has each queue by itself, in order: of each the first ones are read.
Result<LaterLook> look_at_later_in_database(const action::Link::Target& target,
                                            std::chrono::milliseconds timeout) {
  const auto tables = open_tables(target, timeout);
  if (!tables) return tables.error();
  LaterLook look;
  if ((*tables)->is_empty()) return look;
  for (const auto& queue : target.topology.queues)
    if (auto looked = look_at(**tables, queue, look); !looked) return looked.error();
  std::stable_sort(look.next.begin(), look.next.end(), [](const auto& one, const auto& other) {
    return one.name.due_ms < other.name.due_ms;
  });
  if (look.next.size() > std::size_t{kMostLater}) look.next.resize(kMostLater);
  return look;
}

Result<bool> make_due_now_in_database(const action::Link::Target& target, const LaterName& which,
                                      std::chrono::milliseconds timeout) {
  const auto tables = open_tables(target, timeout);
  if (!tables) return tables.error();
  if ((*tables)->is_empty()) return false;
  bool is_due = false;
  const auto done = (*tables)->repeat([&]() -> Result<void> {
    const auto made = (*tables)->session().with(make_due_statement((*tables)->dialect()),
                                                which.queue, which.due_ms, which.id);
    if (!made) return made.error();
    is_due = made->changed > 0;
    return {};
  });
  if (!done) return done.error();
  if (is_due)
    if (auto told = (*tables)->tell_listeners(); !told) return told.error();
  (*tables)->bell().ring();
  return is_due;
}

}  // namespace actiond
