// One that takes events from a database, known to the others as alive by a lock of the server that
// falls with its connection. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/sql/queue_tables.hpp"

namespace actiond {

using action::Error;
using action::Result;

class DatabaseOwner {
 public:
  // Registers a new one. `tables` must outlive it.
  static Result<DatabaseOwner> enter(action::sql::QueueTables& tables, const std::string& name);

  std::int64_t id() const { return id_; }

  // Fails if the others have given this one up: then nothing is in its hand any more.
  Result<void> check_alive();
  // Gives the events of owners that live no more back to all. True: there were some.
  Result<bool> bury_dead();
  // Gives back what it still has in hand, and is an owner no more.
  Result<void> leave();

 private:
  DatabaseOwner(action::sql::QueueTables& tables, std::int64_t id) : tables_(&tables), id_(id) {}
  Result<void> give_back_all(std::int64_t id);

  action::sql::QueueTables* tables_;
  std::int64_t id_;
};

// How many owners live.
Result<int> living_owners(action::sql::QueueTables& tables);

}  // namespace actiond
