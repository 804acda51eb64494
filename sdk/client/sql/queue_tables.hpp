// A queue in a database: its tables, how events get in, and the bell that tells of them.
//
//   queues   the short name of each, and `dead`
//   owners   who takes events: one that lives holds the server's lock of its number
//   events   what waits (state 0; not before due_ms), and what is in hand of an owner (state 1);
//            where looks need them, also a row of each queue that is never due
//   counts   how many events of a queue each owner has done, and how many attempts failed; the
//            counts of owners that are gone are added up under 0, so no two ever wait for a row
//   pauses   which queues are paused, and by whom; tables of before lack it
//   schema   the tables' version
//
// All names begin with the application's. One thread, and not across a fork.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "client/named_bell.hpp"
#include "client/sql/backend_module.hpp"
#include "client/sql/dialect.hpp"
#include "client/sql/message_row.hpp"

namespace action::sql {

inline constexpr int kWaiting = 0;
inline constexpr int kInHand = 1;

class QueueTables {
 public:
  // Tables that are not there: made when all are missing, or whichever is, or left.
  enum class Missing { Make, MakeEach, Leave };

  // Connects within `timeout`; a statement fails when the server says nothing for `patience`.
  static Result<std::unique_ptr<QueueTables>> open(const std::string& address,
                                                   const std::string& application,
                                                   const std::string& name,
                                                   std::chrono::milliseconds timeout,
                                                   std::chrono::milliseconds patience,
                                                   Missing missing = Missing::Make);

  // Does `work`, all of it or nothing. When another transaction is in the way it is rolled back and
  // done anew after a moment, so it must bear that.
  enum class Loss { Never, Repeats };  // of it, when the server dies: must not be, or is made good
  Result<void> transaction(const std::function<Result<void>()>& work, Loss loss = Loss::Never);
  // The same once: Trouble::Again if another is in the way.
  Result<void> attempt(const std::function<Result<void>()>& work) {
    return try_once(work, Loss::Never);
  }
  // The same for one statement, which is a transaction by itself, or part of the one that is open.
  Result<void> repeat(const std::function<Result<void>()>& work);
  // Wakes who listens at the server, as an INSERT does by itself.
  Result<void> tell_listeners();

  Result<bool> has_queue(const std::string& name);
  Result<void> add_queue(const std::string& name);
  // Where looks need them: see Dialect::add_fences. Two that add one at the same time add two,
  // which harms nothing.
  Result<void> add_fences();
  Error no_such_queue(const std::string& name) const;

  // Whether there is a table of pauses: one that is missing is made, unless the user may not, or it
  // is to be left. Where there is none,
  // keeps_no_pauses tells people so.
  Result<bool> keeps_pauses(Missing missing);
  Error keeps_no_pauses() const;

  // Stores these. If one of several is refused it may be that some are stored, unless this is
  // within a transaction. One that asks for a key that another has is Fault::Duplicate; one that
  // has lost its key is stored without it. With keys it must be within a transaction.
  Result<void> insert(std::span<const NewEvent> events);
  // Fails if the server does not take an event of that size.
  Result<void> check_size(const Message& message) const;

  Session& session() { return *session_; }
  const Dialect& dialect() const { return dialect_; }
  const NamedBell& bell() const { return *bell_; }
  // For people: the address without its password.
  const std::string& shown() const { return url_.shown; }
  // No tables are there: only after Missing::Leave.
  bool is_empty() const { return is_empty_; }
  // Transactions that were done anew.
  std::uint64_t repeated() const { return repeated_; }

 private:
  QueueTables(DatabaseUrl url, std::string application, std::unique_ptr<Session> session,
              Dialect dialect);
  Result<void> prepare(Missing missing);
  Result<int> version();
  Result<void> make(const std::function<Result<void>()>& work);
  Result<void> lock_making();
  // One statement of it, a few times if a table is locked.
  Result<void> step(const std::string& statement);
  Result<void> make_tables_locked(Missing missing);
  Result<void> upgrade_tables_locked(int from);
  Error may_not(const Error& why) const;
  Error may_not_upgrade(const Error& why) const;
  Error are_newer(int version) const;
  Result<void> try_once(const std::function<Result<void>()>& work, Loss loss);
  Result<void> insert_some(std::span<const NewEvent> events);
  Result<void> insert_with_key(NewEvent event);
  Result<std::string> take_key(const Message& message);

  DatabaseUrl url_;
  std::string application_;
  std::unique_ptr<Session> session_;
  Dialect dialect_;
  std::unique_ptr<NamedBell> bell_;
  std::set<std::string> queues_;  // that are known to be there
  bool is_empty_ = false;
  bool is_in_transaction_ = false;
  std::uint64_t repeated_ = 0;
};

// What a database can't do, for whoever asks for it.
inline constexpr char kNoQuorumInDatabase[] =
    "queue_type: quorum wants RabbitMQ: with a queue in a database leave queue_type out";

}  // namespace action::sql
