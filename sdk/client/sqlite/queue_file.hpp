// A queue in one SQLite file (WAL), for all pollers and producers of a machine: its tables, how
// events get in, and the bell that tells of them. `PRAGMA user_version` is the tables' version.
//
//   queues   a row for each: <application>.<name>, as in RabbitMQ; what it has seen so far
//   owners   who takes events: one that lives holds the byte `id` of the bell's file locked
//   pauses   which queues are paused, and by whom
//   events   what waits (owner NULL), waits for its time (is_later), or is in hand of an owner
//
// One thread, and not across a fork.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/message.hpp"
#include "client/sqlite/bell.hpp"
#include "client/sqlite/database.hpp"

namespace action {

class QueueFile {
 public:
  // Creates the file, for its user and group alone, and its tables if they are missing. Waits for
  // others' locks up to `patience`, here and later.
  static Result<std::unique_ptr<QueueFile>> open(const std::string& path,
                                                 std::chrono::milliseconds patience);

  // What is to be left when this returns: after a kill of any process, or of the power as well.
  enum class Outlives { Kill, PowerLoss };
  // Does `work`, all of it or nothing. Fails with its error, or with SQLite's.
  template <typename Work>
  Result<void> transaction(Outlives outlives, Work&& work) {
    if (auto begun = begin(outlives); !begun) return begun;
    Result<void> done = work();
    if (done) done = commit();
    if (!done) roll_back();
    return done;
  }

  // The row of a queue, if there is one; or one that is made if there is none.
  Result<std::optional<std::int64_t>> find_queue(const std::string& full_name);
  Result<std::int64_t> queue(const std::string& full_name);
  Error no_such_queue(const std::string& full_name) const;
  // Stores an event, within a transaction. `due_at_ms` since 1970: not to run before; 0: at once.
  // Returns the id of the event that has its unique key: then this one is not stored, if it asked
  // for the key, and else stored without it.
  Result<std::string> insert(std::int64_t queue, const Message& message, std::int64_t due_at_ms);

  const Bell& bell() const { return bell_; }
  Database& database() { return *database_; }
  // Fails if another file is where this one, or one that belongs to it, was, or none: nobody will
  // find what is stored here.
  Result<void> is_in_place();
  // Somebody else has changed something since this was last asked.
  bool has_changed();

 private:
  QueueFile(std::unique_ptr<Database> database, Bell bell);
  Result<void> prepare();
  Result<void> create_tables();
  Result<void> add_columns();
  Result<void> add_pauses();
  Result<bool> has_column(const char* name);
  void note_log();
  bool has_its_log() const;
  Error lost_its_log();
  bool has_put_log_into_file();
  Result<std::string> take_key(std::int64_t queue, const Message& message, std::string& full_key);
  Result<void> begin(Outlives outlives);
  Result<void> commit();
  void roll_back();

  std::unique_ptr<Database> database_;
  Bell bell_;
  Statement begin_, commit_, roll_back_;
  Statement find_queue_, add_queue_, insert_, version_;
  Statement full_key_, let_go_of_key_, who_has_key_;
  std::map<std::string, std::int64_t> queues_;
  Outlives outlives_ = Outlives::PowerLoss;
  std::int64_t seen_version_ = -1;
  unsigned long device_ = 0, inode_ = 0;
  unsigned long log_inodes_[2] = {};  // of SQLite's own files beside it
};

// What the file can't do, for whoever asks for it.
inline constexpr char kNoQuorumInFile[] =
    "queue_type: quorum wants RabbitMQ: with a queue file leave queue_type out";

}  // namespace action
