#include "client/sqlite/queue_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/delay_trip.hpp"
#include "client/sqlite/message_row.hpp"
#include "client/sqlite/tables.hpp"

namespace action {
namespace {

constexpr mode_t kMode = 0660;

// Only if it is not there: to open and close a file that this process uses through SQLite would
// drop SQLite's locks (POSIX: closing any descriptor of a file drops all of the process's locks).
void create(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
  if (fd >= 0) ::close(fd);
}

// SQLite's, which are there for as long as anybody has it open.
constexpr const char* kLogFiles[] = {"-wal", "-shm"};

// 0: there is none.
unsigned long inode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Result<std::unique_ptr<QueueFile>> QueueFile::open(const std::string& path,
                                                   std::chrono::milliseconds patience) {
  create(path);
  auto database = Database::open(path, patience);
  if (!database) return database.error();
  auto bell = Bell::open(path);
  if (!bell) return bell.error();
  std::unique_ptr<QueueFile> file(new QueueFile(std::move(*database), std::move(*bell)));
  if (auto prepared = file->prepare(); !prepared) return prepared.error();
  file->note_log();
  return file;
}

QueueFile::QueueFile(std::unique_ptr<Database> database, Bell bell)
    : database_(std::move(database)),
      bell_(std::move(bell)),
      begin_(*database_, "BEGIN IMMEDIATE"),
      commit_(*database_, "COMMIT"),
      roll_back_(*database_, "ROLLBACK"),
      find_queue_(*database_, "SELECT id FROM queues WHERE name = ?"),
      add_queue_(*database_, "INSERT INTO queues (name) VALUES (?) ON CONFLICT DO NOTHING"),
      insert_(*database_, kInsertMessage),
      version_(*database_, "PRAGMA data_version"),
      full_key_(*database_, kFullKey),
      let_go_of_key_(*database_, kLetGoOfKey),
      who_has_key_(*database_, kWhoHasKey) {}

Result<void> QueueFile::prepare() {
  struct stat status {};
  ::stat(database_->path().c_str(), &status);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  Statement version(*database_, "PRAGMA user_version");
  if (auto read = version.with().step(); !read) return read.error();
  if (version.number(0) == 0) {
    version.reset();
    if (auto created = create_tables(); !created) return created;
  } else if (version.number(0) != kTablesVersion) {
    return Error{
        fmt::format("the queue file {} was made by a newer version (its tables are {}, this one "
                    "knows {}): upgrade this program",
                    database_->path(), version.number(0), kTablesVersion)};
  }
  version.reset();
  if (auto added = add_columns(); !added) return added;
  if (auto added = add_pauses(); !added) return added;
  return database_->execute(kSettings);
}

// Looks without a lock first: nearly every file has them.
Result<void> QueueFile::add_columns() {
  for (const auto& column : kLaterColumns) {
    const auto has = has_column(column.name);
    if (!has) return has.error();
    if (*has) continue;
    auto added = transaction(Outlives::PowerLoss, [&]() -> Result<void> {
      const auto has_now = has_column(column.name);  // somebody else may have added it just now
      if (!has_now) return has_now.error();
      return *has_now ? Result<void>{} : database_->execute(column.addition);
    });
    if (!added) return added;
  }
  return {};
}

Result<void> QueueFile::add_pauses() {
  Statement tables(*database_, kHasPauses);
  if (auto read = tables.with().step(); !read) return read.error();
  const bool is_there = tables.number(0) == 1;
  tables.reset();
  if (is_there) return {};
  return transaction(Outlives::PowerLoss, [this] { return database_->execute(kAddPauses); });
}

Result<bool> QueueFile::has_column(const char* name) {
  Statement columns(*database_, kHasColumn);
  if (auto read = columns.with(std::string_view(name)).step(); !read) return read.error();
  return columns.number(0) == 1;
}

Result<void> QueueFile::create_tables() {
  const auto has_log = database_->write_ahead();
  if (!has_log) return has_log.error();
  if (!*has_log)
    return Error{
        fmt::format("the queue file {} lies on a file system that can't share memory "
                    "between processes: put it on a local disk",
                    database_->path())};
  return transaction(Outlives::PowerLoss, [this]() -> Result<void> {
    Statement version(*database_, "PRAGMA user_version");
    if (auto read = version.with().step(); !read) return read.error();
    const bool is_made = version.number(0) == kTablesVersion;  // by somebody else, just now
    version.reset();
    if (is_made) return {};
    Statement tables(*database_, "SELECT count(*) FROM sqlite_schema");
    if (auto read = tables.with().step(); !read) return read.error();
    const bool is_foreign = tables.number(0) > 0;
    tables.reset();
    if (is_foreign)
      return Error{fmt::format("the file {} is another program's: name another one for the queue",
                               database_->path())};
    return database_->execute(kTables);
  });
}

Result<void> QueueFile::begin(Outlives outlives) {
  if (outlives != outlives_) {
    const auto* const sql = outlives == Outlives::PowerLoss ? "PRAGMA synchronous = FULL"
                                                            : "PRAGMA synchronous = NORMAL";
    if (auto set = database_->execute(sql); !set) return set;
    outlives_ = outlives;
  }
  return begin_.run();
}

Result<void> QueueFile::commit() {
  return commit_.run();
}

// After some errors SQLite has rolled back by itself; then there is nothing to be done.
void QueueFile::roll_back() {
  (void)roll_back_.run().ok();
}

Result<std::optional<std::int64_t>> QueueFile::find_queue(const std::string& full_name) {
  if (const auto known = queues_.find(full_name); known != queues_.end()) return {known->second};
  const auto found = find_queue_.with(full_name).step();
  if (!found) return found.error();
  std::optional<std::int64_t> id;
  if (*found) id = queues_[full_name] = find_queue_.number(0);
  find_queue_.reset();
  return id;
}

Result<std::int64_t> QueueFile::queue(const std::string& full_name) {
  auto found = find_queue(full_name);
  if (found && !*found) {
    if (auto added = add_queue_.run(full_name); !added) return added.error();
    found = find_queue(full_name);
  }
  if (!found) return found.error();
  return **found;
}

Error QueueFile::no_such_queue(const std::string& full_name) const {
  return {
      fmt::format("the queue file {} has no queue '{}': correct its name, or add it to queues: "
                  "in the configuration",
                  database_->path(), full_name)};
}

Result<std::string> QueueFile::insert(std::int64_t queue, const Message& message,
                                      std::int64_t due_at_ms) {
  std::string full_key, holder;
  if (!message.unique.key.empty()) {
    auto taken = take_key(queue, message, full_key);
    if (!taken) return taken;
    holder = std::move(*taken);
    if (!holder.empty() && message.unique.is_asked) return holder;
    if (!holder.empty()) full_key.clear();
  }
  const auto now_ms = now_for_delays_ms();
  const bool is_later = due_at_ms > now_ms;
  auto stored =
      insert_message(insert_, queue, message, full_key, is_later, is_later ? due_at_ms : now_ms);
  if (!stored) return stored.error();
  return holder;
}

// Nobody else writes meanwhile: this is a transaction.
Result<std::string> QueueFile::take_key(std::int64_t queue, const Message& message,
                                        std::string& full_key) {
  if (auto read = full_key_.with(queue, message.unique.key).step(); !read) return read.error();
  full_key = full_key_.text(0);
  full_key_.reset();
  if (auto gone = let_go_of_key_.run(full_key, message.id, now_for_delays_ms()); !gone)
    return gone.error();
  const auto found = who_has_key_.with(full_key).step();
  if (!found) return found.error();
  std::string holder(*found ? who_has_key_.text(0) : std::string_view());
  who_has_key_.reset();
  return holder;
}

Result<void> QueueFile::is_in_place() {
  struct stat status {};
  const bool is_there = ::stat(database_->path().c_str(), &status) == 0;
  if (!is_there || status.st_dev != device_ || status.st_ino != inode_ || bell_.is_replaced())
    return Error{
        fmt::format("the queue file {0} (or {0}-bell) was removed or replaced: put it back, or go "
                    "on with a new one",
                    database_->path())};
  return has_its_log() ? Result<void>() : lost_its_log();
}

void QueueFile::note_log() {
  for (std::size_t i = 0; i < std::size(kLogFiles); ++i)
    log_inodes_[i] = inode_of(database_->path() + kLogFiles[i]);
}

bool QueueFile::has_its_log() const {
  for (std::size_t i = 0; i < std::size(kLogFiles); ++i)
    if (inode_of(database_->path() + kLogFiles[i]) != log_inodes_[i]) return false;
  return true;
}

// What was stored last is in the file that was removed, and open here. If nobody has begun another
// one, the queue file can still get it.
Error QueueFile::lost_its_log() {
  const auto& path = database_->path();
  bool is_alone = true;
  for (std::size_t i = 0; i < std::size(kLogFiles); ++i) {
    const auto there = inode_of(path + kLogFiles[i]);
    is_alone &= there == 0 || there == log_inodes_[i];
  }
  const bool is_kept = is_alone && has_put_log_into_file();
  return {fmt::format(
      "{0}-wal or {0}-shm was removed: they are a part of the queue file as long as "
      "anybody uses it, and {1}",
      path, is_kept ? "what they held was put into it" : "what was stored last may be lost")};
}

// Somebody who reads or writes holds it up, which is no error for SQLite.
bool QueueFile::has_put_log_into_file() {
  Statement checkpoint(*database_, "PRAGMA wal_checkpoint(FULL)");
  const auto done = checkpoint.with().step();
  return done && *done && checkpoint.number(0) == 0;
}

bool QueueFile::has_changed() {
  const auto read = version_.with().step();
  if (!read) return true;  // whoever looks will meet the error
  const auto version = version_.number(0);
  version_.reset();
  return std::exchange(seen_version_, version) != version;
}

}  // namespace action
