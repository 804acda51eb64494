#include "statistics/store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "statistics/label_bound.hpp"
#include "statistics/packed_buckets.hpp"
#include "statistics/retention.hpp"
#include "statistics/tables.hpp"

namespace actiond {
namespace {

using action::Blob;
using action::Database;
using action::Statement;

constexpr mode_t kStoreMode = 0640;
constexpr std::size_t kMostPluginNames = 200;
constexpr char kWhat[] = "the statistics file";

constexpr char kStoreSettings[] = R"sql(
  PRAGMA synchronous = OFF;
  PRAGMA cache_size = -256;
  PRAGMA journal_size_limit = 4194304;
)sql";
constexpr char kPutCount[] =
    "INSERT INTO counts (step_s, at_s, event, queue, plugin_set, outcome, count, run_ms, wait_ms, "
    "run, wait) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11) ON CONFLICT DO UPDATE SET "
    "count = count + ?7, run_ms = run_ms + ?8, wait_ms = wait_ms + ?9, run = ?10, wait = ?11";
constexpr char kAddCounter[] =
    "INSERT INTO counters (name, event, plugin, value) VALUES (?1,?2,?3,?4) "
    "ON CONFLICT DO UPDATE SET value = value + ?4";

// Only if it is not there: closing a file that SQLite has open elsewhere in this process would drop
// its locks.
void make_file(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kStoreMode);
  if (fd >= 0) ::close(fd);
}

Result<void> make_tables(Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> made;
  {
    Statement version(database, "PRAGMA user_version");
    const auto read = version.with().step();
    if (!read)
      made = read.error();
    else if (version.number(0) == 0)
      made = (version.reset(), database.execute(kStatisticsTables));
  }
  if (made) made = database.execute("COMMIT");
  if (!made) (void)database.execute("ROLLBACK").ok();
  return made;
}

Result<std::unique_ptr<Database>> open_database(const std::filesystem::path& path,
                                                std::chrono::milliseconds patience,
                                                bool& was_busy) {
  make_file(path);
  auto database = Database::open(path, patience, kWhat);
  if (!database) return database;
  const auto has_log = (*database)->write_ahead();  // without one it is slower, and no worse
  Result<void> done = has_log ? (*database)->execute(kStoreSettings) : has_log.error();
  if (done) done = make_tables(**database);
  if (done) done = check_statistics_version(**database);
  was_busy = !done && (*database)->was_busy();
  if (!done) return done.error();
  return database;
}

}  // namespace

std::filesystem::path statistics_path(const std::filesystem::path& run_dir) {
  return run_dir / "statistics.db";
}

bool is_without_tables(Database& database) {
  Statement tables(database, "SELECT count(*) FROM sqlite_schema");
  const auto read = tables.with().step();
  return read.ok() && tables.number(0) == 0;
}

Result<void> check_statistics_version(Database& database) {
  Statement version(database, "PRAGMA user_version");
  if (const auto read = version.with().step(); !read) return read.error();
  if (version.number(0) == kStatisticsVersion) return {};
  return Error{fmt::format(
      "{} {} has tables of version {}, this program knows {}: {}", kWhat, database.path(),
      version.number(0), kStatisticsVersion,
      version.number(0) > kStatisticsVersion ? "upgrade it" : "no poller has written to it yet")};
}

struct Store::Statements {
  explicit Statements(Database& database)
      : find_name(database, "SELECT id FROM names WHERE kind = ? AND name = ?"),
        add_name(database, "INSERT INTO names (kind, name) VALUES (?, ?)"),
        count_names(database, "SELECT count(*) FROM names WHERE kind = ?"),
        find(database,
             "SELECT run, wait FROM counts WHERE step_s = ? AND at_s = ? AND event = ? AND "
             "queue = ? AND plugin_set = ? AND outcome = ?"),
        put(database, kPutCount),
        add_mark(database,
                 "INSERT INTO marks (at_ms, kind, poller, set_before, set_after, event, plugin, "
                 "text, count) VALUES (?,?,?,?,?,?,?,?,?)"),
        add_counter(database, kAddCounter),
        remove_counts(database, "DELETE FROM counts WHERE step_s = ? AND at_s < ?"),
        remove_marks(database, "DELETE FROM marks WHERE at_ms < ?") {}

  Statement find_name, add_name, count_names, find, put, add_mark, add_counter, remove_counts,
      remove_marks;
};

StoreOpened Store::open(const std::filesystem::path& path, const StatisticsConfig& config,
                        std::chrono::milliseconds patience) {
  StoreOpened opened;
  auto database = open_database(path, patience, opened.was_busy);
  const auto damaged = database ? std::nullopt : find_damage(path);
  if (damaged) {
    opened.moved_aside = move_aside(path, *damaged);
    database = open_database(path, patience, opened.was_busy);
  }
  if (database)
    opened.store.reset(new Store(std::move(*database), config));
  else
    opened.error = database.error();
  return opened;
}

Store::Store(std::unique_ptr<Database> database, const StatisticsConfig& config)
    : config_(config),
      database_(std::move(database)),
      statements_(std::make_unique<Statements>(*database_)),
      identity_(identity_of(database_->path())) {}

Store::~Store() = default;

bool Store::is_replaced() const {
  return identity_of(database_->path()) != identity_;
}

void Store::set_patience(std::chrono::milliseconds patience) {
  database_->set_patience(patience);
}

Store::Added Store::add(const Delta& delta, std::int64_t now_ms) {
  Result<void> done = database_->execute("BEGIN IMMEDIATE");
  if (done) done = add_all(delta, now_ms);
  if (done) done = database_->execute("COMMIT");
  if (done) return Added::Yes;
  const bool was_busy = database_->was_busy();
  const int code = ::sqlite3_errcode(database_->raw()) & 0xff;
  error_ = done.error();
  (void)database_->execute("ROLLBACK").ok();
  if (was_busy) return Added::Busy;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? Added::Damaged : Added::Failed;
}

Result<void> Store::add_all(const Delta& delta, std::int64_t now_ms) {
  for (const auto& [key, cell] : delta.cells)
    for (const auto step_s : {kMinutes, kHours, kTotals})
      if (auto added = add_cell(step_s, key, cell); !added) return added;
  for (const auto& mark : delta.marks)
    if (auto added = add_mark_row(mark); !added) return added;
  if (delta.reconnects > 0)
    if (auto added = add_counter("reconnect", "", "", delta.reconnects); !added) return added;
  return remove_old(now_ms);
}

// What was there before is read first: buckets add up here, not in SQL.
Result<void> Store::add_cell(std::int64_t step_s, const CellKey& key, const Cell& cell) {
  const bool is_known = key.outcome != OutcomeLabel::Unknown;
  const auto event = name_id(NameKind::Event, key.event, is_known);
  const auto queue = name_id(NameKind::Queue, key.queue, true);
  const auto set = step_s == kTotals ? Result<std::int64_t>(std::int64_t{0})
                                     : name_id(NameKind::PluginSet, key.plugin_set, true);
  if (!event) return event.error();
  if (!queue) return queue.error();
  if (!set) return set.error();
  const auto at_s = step_begin(step_s, key.minute);
  const int outcome = static_cast<int>(key.outcome);
  Cell sum = cell;
  auto& find = statements_->find.with(step_s, at_s, *event, *queue, *set, outcome);
  const auto found = find.step();
  if (!found) return found.error();
  if (*found) {
    unpack_buckets(find.text(0), sum.run.buckets);
    unpack_buckets(find.text(1), sum.wait.buckets);
    find.reset();
  }
  return statements_->put.run(
      step_s, at_s, *event, *queue, *set, outcome, static_cast<std::int64_t>(cell.count),
      static_cast<double>(cell.run.sum_us) / 1000, static_cast<double>(cell.wait.sum_us) / 1000,
      Blob{pack_buckets(sum.run.buckets)}, Blob{pack_buckets(sum.wait.buckets)});
}

Result<void> Store::add_mark_row(const Mark& mark) {
  const auto kind = name(mark.kind);
  auto added = statements_->add_mark.run(mark.at_ms, kind, mark.poller, mark.set_before,
                                         mark.set_after, mark.event, mark.plugin, mark.text,
                                         static_cast<std::int64_t>(mark.count));
  if (!added) return added;
  if (mark.kind != MarkKind::Crash) return add_counter(kind, "", "", mark.count);
  // Their labels are bounded as those of the counts are.
  const auto event = name_id(NameKind::Event, mark.event, true);
  const auto plugin = name_id(NameKind::Plugin, mark.plugin, true);
  if (!event) return event.error();
  if (!plugin) return plugin.error();
  Statement label(*database_,
                  "SELECT (SELECT name FROM names WHERE id = ?), (SELECT name FROM names WHERE "
                  "id = ?)");
  if (const auto read = label.with(*event, *plugin).step(); !read) return read.error();
  return add_counter(kind, label.text(0), label.text(1), mark.count);
}

Result<void> Store::add_counter(std::string_view counter, std::string_view event,
                                std::string_view plugin, std::uint64_t by) {
  return statements_->add_counter.run(counter, event, plugin, static_cast<std::int64_t>(by));
}

Result<void> Store::remove_old(std::int64_t now_ms) {
  auto& remove = statements_->remove_counts;
  if (auto done = remove.run(kMinutes, oldest_kept(config_.minutes, now_ms)); !done) return done;
  if (auto done = remove.run(kHours, oldest_kept(config_.hours, now_ms)); !done) return done;
  return statements_->remove_marks.run(now_ms - std::max(config_.minutes, config_.hours).count());
}

Result<std::int64_t> Store::count_names(NameKind kind) {
  auto& count = statements_->count_names;
  const auto read = count.with(static_cast<int>(kind)).step();
  if (!read) return read.error();
  const auto names = count.number(0);
  count.reset();
  return names;
}

// What pollers have seen together is bounded as what each of them sees.
Result<std::int64_t> Store::name_id(NameKind kind, std::string_view name, bool is_known) {
  auto& find = statements_->find_name;
  const auto found = find.with(static_cast<int>(kind), name).step();
  if (!found) return found.error();
  if (*found) {
    const auto id = find.number(0);
    find.reset();
    return id;
  }
  if (kind == NameKind::Event || kind == NameKind::Plugin) {
    const auto names = count_names(kind);
    if (!names) return names.error();
    const std::size_t most = kind == NameKind::Plugin ? kMostPluginNames
                             : is_known               ? kMostEvents
                                                      : kMostUnknownEvents;
    if (name != kOther && static_cast<std::size_t>(*names) >= most)
      return name_id(kind, kOther, true);
  }
  if (auto added = statements_->add_name.run(static_cast<int>(kind), name); !added)
    return added.error();
  return database_->last_row();
}

}  // namespace actiond
