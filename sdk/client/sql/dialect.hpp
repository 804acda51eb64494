// What the statements of one kind of server have of their own; all else is the same text for all
// of them. Pure: an application's name in, texts out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/result.hpp"

namespace action::sql {

// When a fence is due: after whatever waits, and never.
inline constexpr std::int64_t kNeverDue_ms = 8'000'000'000'000'000'000;

struct Dialect {
  // The tables' names as they stand in statements.
  std::string queues, owners, counts, events, pauses, schema, lease;

  std::vector<std::string> tables;  // makes each of them that is missing, in this order
  // The n-th makes tables of version n into those of n + 1, beside programs that use them.
  std::vector<std::vector<std::string>> upgrades;
  int version() const { return 1 + static_cast<int>(upgrades.size()); }
  std::string add_pauses;      // makes that one, where tables of before lack it
  std::string now_ms;          // the server's clock, since 1970 UTC, rounded down
  std::string begin;           // a transaction
  std::string begin_lightly;   // one whose loss, when the server dies, is made good anyway
  std::string by_ready;        // behind the table's name: the index to read it by
  bool has_returning = false;  // an UPDATE may answer with what it has changed
  std::string add_queue;       // (name): unless it is there
  // Where a look at one queue would walk through what was deleted of the next: gives each queue a
  // last row that is never due, a fence, unless it has one. Empty: nobody needs any.
  std::string add_fences;
  std::string add_counts;    // (queue, owner, done, failed): to a row, or makes it
  std::string returning_id;  // behind an INSERT of an owner

  // Locks that fall with the connection; each stands for the owner of that number.
  std::string lock_owner;     // (id): 1 if this connection has it now
  std::string holds_lock;     // (id): 1 if this connection has it still
  std::string dead_owners;    // (id): the others whose lock nobody has
  std::string living_owners;  // how many there are
  std::string lock_setup;     // so that one alone makes the tables; 1: it is ours
  std::string unlock_setup;

  // Who is listening is told by the server of what others store; empty: the server can't. While
  // nobody listens, storing costs a look at a lock.
  std::string listen, listen_no_more;
  std::string tell_listeners;               // of what was given back
  std::vector<std::string> owner_settings;  // of a connection that takes events
  std::string late_idle_limit;              // behind them: it may be silent for 15 minutes
  // While a statement finds a row or a table locked: fails at once, or after 5 s; or after 2 s,
  // since whoever comes later waits behind one that wants a whole table.
  std::string wait_for_no_lock, wait_for_locks, wait_for_tables;
  // Keeps in mind how long a statement waits now; waits as long as that again.
  std::string keep_patience, former_patience;
  std::string server_id;  // tells one database from all others
};

// Fails if the application's name is too long for names of tables.
Result<Dialect> mysql_dialect(std::string_view application);
Result<Dialect> postgresql_dialect(std::string_view application);
Result<Dialect> dialect_of(std::string_view kind, std::string_view application);

// "?, ?, ?"
std::string question_marks(std::size_t count);

}  // namespace action::sql
