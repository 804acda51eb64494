#include "broker/sql/sql_pauses.hpp"

#include <fmt/format.h>

#include <set>

namespace actiond {
namespace {

using action::sql::QueueTables;

Result<std::unique_ptr<QueueTables>> open_to_pause(const action::Link::Target& target,
                                                   std::chrono::milliseconds timeout) {
  auto tables = QueueTables::open(target.database, target.topology.application, target.name,
                                  timeout, timeout);
  if (!tables) return tables;
  const auto keeps = (*tables)->keeps_pauses(QueueTables::Missing::Make);
  if (!keeps) return keeps.error();
  if (!*keeps) return (*tables)->keeps_no_pauses();
  return tables;
}

std::string removal_of_pause(const QueueTables& tables) {
  return fmt::format("DELETE FROM {} WHERE queue = ?", tables.dialect().pauses);
}

}  // namespace

Result<std::vector<bool>> are_paused_in_database(QueueTables& tables,
                                                 const std::vector<std::string>& queues) {
  const auto rows = tables.session().with("SELECT queue FROM " + tables.dialect().pauses);
  if (!rows) return rows.error();
  std::set<std::string_view> paused;
  for (std::size_t i = 0; i < rows->rows(); ++i) paused.insert(rows->text(i, 0));
  std::vector<bool> are_paused;
  for (const auto& queue : queues) are_paused.push_back(paused.contains(queue));
  return are_paused;
}

Result<std::optional<Pause>> pause_in_tables(QueueTables& tables, const std::string& queue) {
  const auto row =
      tables.session().with(fmt::format("SELECT paused_by, at_ms, reason FROM {} WHERE queue = ?",
                                        tables.dialect().pauses),
                            queue);
  if (!row) return row.error();
  if (row->rows() == 0) return std::optional<Pause>();
  return std::optional(
      Pause{std::string(row->text(0, 0)), row->number(0, 1), std::string(row->text(0, 2))});
}

Result<void> pause_in_database(const action::Link::Target& target,
                               const std::vector<std::string>& queues, const Pause& pause,
                               std::chrono::milliseconds timeout) {
  auto tables = open_to_pause(target, timeout);
  if (!tables) return tables.error();
  auto& session = (*tables)->session();
  const auto insert =
      fmt::format("INSERT INTO {} (queue, paused_by, at_ms, reason) VALUES (?, ?, ?, ?)",
                  (*tables)->dialect().pauses);
  auto done = (*tables)->transaction([&]() -> Result<void> {
    for (const auto& queue : queues) {
      if (const auto gone = session.with(removal_of_pause(**tables), queue); !gone)
        return gone.error();
      const auto added = session.with(insert, queue, pause.by, pause.at_ms, pause.reason);
      if (!added) return added.error();
    }
    return {};
  });
  if (done) (*tables)->bell().ring();
  return done;
}

Result<std::vector<std::string>> resume_in_database(const action::Link::Target& target,
                                                    const std::vector<std::string>& queues,
                                                    std::chrono::milliseconds timeout) {
  auto tables = open_to_pause(target, timeout);
  if (!tables) return tables.error();
  std::vector<std::string> resumed;
  const auto done = (*tables)->transaction([&]() -> Result<void> {
    resumed.clear();
    for (const auto& queue : queues) {
      const auto gone = (*tables)->session().with(removal_of_pause(**tables), queue);
      if (!gone) return gone.error();
      if (gone->changed > 0) resumed.push_back(queue);
    }
    return {};
  });
  if (!done) return done.error();
  (*tables)->bell().ring();
  return resumed;
}

}  // namespace actiond
