// What a poller's thread does with its database in one transaction: settles, stores, and takes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "broker/sql/claims.hpp"
#include "broker/sql/keyed_stores.hpp"
#include "broker/sql/queue_starts.hpp"
#include "broker/store/mailbox.hpp"
#include "client/sql/queue_tables.hpp"

namespace actiond {

class DatabaseOwner;

// One turn of the thread: what the loop wants, what is known of the queues, and what to tell it.
struct DatabaseTurn {
  Orders orders;
  std::vector<QueueHold> holds;
  News news;
  bool has_found_nothing = false;  // its look
  std::vector<std::pair<QueueIndex, DatabaseClaims::Taken>>
      taken;  // by a transaction, not read yet
};

class Exchange {
 public:
  // All of them must outlive it; `queues`, highest first.
  Exchange(action::sql::QueueTables& tables, DatabaseClaims& claims, DatabaseOwner& owner,
           const std::vector<std::string>& queues, QueueStarts& starts);

  // There are orders, or there may be more to take and it is wanted.
  bool is_due(const DatabaseTurn& turn) const;
  // When there is something to do without new orders; the end of time: never.
  MonotonicTime next_try() const { return keyed_.next_try(); }
  // Does all of it, and adds to the news what has come and what was confirmed. Fails if the
  // database is lost, or this poller counts as dead there: then nothing of it is known. Blocks.
  Result<void> run(DatabaseTurn& turn);

 private:
  Result<void> refuse_unknown(DatabaseTurn& turn);
  Result<void> run_apart(DatabaseTurn& turn);
  Result<void> run_together(DatabaseTurn& turn);
  Result<void> store_keyed(DatabaseTurn& turn);
  void expect_more(DatabaseTurn& turn);
  Result<void> settle(const DatabaseTurn& turn);
  Result<void> count(const DatabaseTurn& turn);
  Result<void> take(DatabaseTurn& turn);
  Result<void> read(DatabaseTurn& turn);

  action::sql::QueueTables& tables_;
  DatabaseClaims& claims_;
  DatabaseOwner& owner_;
  const std::vector<std::string>& queues_;
  QueueStarts& starts_;
  KeyedStores keyed_;
};

}  // namespace actiond
