// Events with a unique key that are to be stored. Whoever has inserted the same key in a
// transaction that is still open makes all others wait for its end; a poller has more to do than
// that. So each is a transaction of its own that waits for no lock, and is tried again after a
// while.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "broker/store/mailbox.hpp"
#include "client/sql/queue_tables.hpp"

namespace actiond {

class KeyedStores {
 public:
  // `tables` must outlive it.
  explicit KeyedStores(action::sql::QueueTables& tables) : tables_(tables) {}

  // Takes out those with a key; they are tried at once.
  void take_from(std::vector<Orders::Stored>& stored);
  bool is_due(MonotonicTime now) const { return !waiting_.empty() && next_try_ <= now; }
  // When that is; the end of time if none waits.
  MonotonicTime next_try() const;
  // Tries each once, and adds what became of it to the news, unless somebody is in the way. Returns
  // whether any was stored. Fails if the database is lost.
  Result<bool> store(News& news);

 private:
  Result<void> store_all(News& news);
  // True: it was answered.
  Result<bool> store_one(const Orders::Stored& each, News& news);

  action::sql::QueueTables& tables_;
  std::vector<Orders::Stored> waiting_;
  MonotonicTime next_try_{};
};

}  // namespace actiond
