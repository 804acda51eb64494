#include "statistics/reader.hpp"

#include <system_error>

#include "statistics/packed_buckets.hpp"
#include "statistics/store.hpp"

namespace actiond {
namespace {

using action::Database;
using action::Statement;

constexpr std::chrono::seconds kReadPatience{1};
constexpr char kReadCounts[] =
    "SELECT at_s, e.name, q.name, coalesce(s.name, ''), outcome, count, run_ms, wait_ms, run, wait "
    "FROM counts JOIN names e ON e.id = event JOIN names q ON q.id = queue "
    "LEFT JOIN names s ON s.id = plugin_set WHERE step_s = ? AND at_s >= ? ORDER BY at_s";

// Of a file that somebody else may have written: nothing is taken for granted.
template <typename Enum>
Enum enum_of(std::int64_t number, int most) {
  return static_cast<Enum>(number >= 0 && number < most ? number : 0);
}

MarkKind mark_kind_of(std::string_view text) {
  for (const auto kind : {MarkKind::Swap, MarkKind::Refusal, MarkKind::Rollback})
    if (name(kind) == text) return kind;
  return MarkKind::Crash;
}

CountRow count_row(const Statement& row) {
  CountRow count;
  count.at_s = row.number(0);
  count.event = row.text(1);
  count.queue = row.text(2);
  count.plugin_set = row.text(3);
  count.outcome = enum_of<OutcomeLabel>(row.number(4), kOutcomeLabels);
  count.cell.count = static_cast<std::uint64_t>(row.number(5));
  count.cell.run.sum_us = static_cast<std::int64_t>(row.real(6) * 1000);
  count.cell.wait.sum_us = static_cast<std::int64_t>(row.real(7) * 1000);
  unpack_buckets(row.text(8), count.cell.run.buckets);
  unpack_buckets(row.text(9), count.cell.wait.buckets);
  return count;
}

Mark mark_row(const Statement& row) {
  Mark mark;
  mark.at_ms = row.number(0);
  mark.kind = mark_kind_of(row.text(1));
  mark.poller = row.text(2);
  mark.set_before = row.text(3);
  mark.set_after = row.text(4);
  mark.event = row.text(5);
  mark.plugin = row.text(6);
  mark.text = row.text(7);
  mark.count = static_cast<std::uint64_t>(row.number(8));
  return mark;
}

CounterRow counter_row(const Statement& row) {
  return {std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)),
          static_cast<std::uint64_t>(row.number(3))};
}

// All rows of a statement that has been given its values.
template <typename Row, typename Read>
Result<std::vector<Row>> all_rows(Statement& statement, Read read) {
  std::vector<Row> rows;
  while (true) {
    const auto stepped = statement.step();
    if (!stepped) return stepped.error();
    if (!*stepped) return rows;
    rows.push_back(read(statement));
  }
}

}  // namespace

Result<StatisticsReader> StatisticsReader::open(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return StatisticsReader(nullptr);
  auto database = Database::open_to_read(path, kReadPatience, "the statistics file");
  if (!database) return database.error();
  if (is_without_tables(**database)) return StatisticsReader(nullptr);  // a poller is making them
  if (auto known = check_statistics_version(**database); !known) return known.error();
  return StatisticsReader(std::move(*database));
}

Result<std::vector<CountRow>> StatisticsReader::counts(std::int64_t step_s,
                                                       std::int64_t since_s) const {
  if (!database_) return std::vector<CountRow>{};
  Statement statement(*database_, kReadCounts);
  return all_rows<CountRow>(statement.with(step_s, since_s), count_row);
}

Result<std::vector<Mark>> StatisticsReader::marks(std::int64_t since_ms, int most) const {
  if (!database_) return std::vector<Mark>{};
  Statement statement(*database_,
                      "SELECT at_ms, kind, poller, set_before, set_after, event, plugin, text, "
                      "count FROM marks WHERE at_ms >= ? ORDER BY at_ms DESC, seq DESC LIMIT ?");
  return all_rows<Mark>(statement.with(since_ms, most), mark_row);
}

Result<std::vector<CounterRow>> StatisticsReader::counters() const {
  if (!database_) return std::vector<CounterRow>{};
  Statement statement(*database_, "SELECT name, event, plugin, value FROM counters");
  return all_rows<CounterRow>(statement.with(), counter_row);
}

}  // namespace actiond
