// The statements by which an owner takes events from a database, and settles them. One thread.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "broker/store/claim.hpp"
#include "client/sql/queue_tables.hpp"

namespace actiond {

using action::Error;
using action::Message;
using action::Result;

// What of a queue is due, the longest waiting first: locked, and what others have locked left out.
std::string ready_statement(const action::sql::Dialect& dialect);
// The same, taken and read in one go, where an UPDATE answers: (queue, from_ms, most, owner).
std::string claim_statement(const action::sql::Dialect& dialect);

class DatabaseClaims {
 public:
  // `tables` must outlive it.
  DatabaseClaims(action::sql::QueueTables& tables, std::int64_t owner);

  // Takes up to `most` of a queue, the longest waiting first; fewer of large ones. `from_ms` is
  // where to begin: what was due earlier has been taken, or is somebody's. Within a transaction,
  // unless one statement does it all.
  struct Taken {
    std::vector<std::int64_t> seqs;
    std::vector<StoredClaim> claims;  // them, if one statement did it all
    bool may_have_more = false;
    std::int64_t last_due_ms = 0;  // of the last one
  };
  Result<Taken> take(const std::string& queue, int most, std::int64_t from_ms);
  // The same, from `from_ms` on, and from the beginning if that is not enough.
  Result<Taken> take_from_anywhere(const std::string& queue, int most, std::int64_t from_ms);
  // Takes these, which this transaction has locked.
  Result<void> own(std::span<const std::int64_t> seqs);
  // What was taken, in the order in which it waits. Outside of a transaction as well: it is ours.
  Result<std::vector<StoredClaim>> read(std::span<const std::int64_t> seqs);

  // Within a transaction; only what is in this owner's hand. Returns how many were.
  Result<std::uint64_t> acknowledge(std::span<const std::int64_t> seqs);
  Result<std::uint64_t> give_back(std::span<const std::int64_t> seqs);
  // Adds to what a queue has seen done and failed.
  Result<void> count(const std::string& queue, int done, int failed);

  bool takes_in_one() const { return tables_.dialect().has_returning; }

  // When the first event of each of these queues is due, of those not due before `from_ms`, and
  // whether an owner has died; one statement.
  struct Look {
    std::vector<std::optional<std::int64_t>> due_in_ms;  // nothing: there is none; 0: it is due
    bool is_owner_dead = false;
    bool is_anything_due() const {
      return std::find(due_in_ms.begin(), due_in_ms.end(), 0) != due_in_ms.end();
    }
  };
  Result<Look> look(std::span<const std::string> queues, std::span<const std::int64_t> from_ms);

 private:
  Result<Taken> take_in_one(const std::string& queue, int most, std::int64_t from_ms);
  // Runs the statement that begins so, for some of `seqs` after the other, which end it.
  template <typename Use>
  Result<void> for_some(const std::string& before, std::span<const std::int64_t> seqs,
                        std::span<const action::sql::Value> values, Use&& use);

  action::sql::QueueTables& tables_;
  std::int64_t owner_;
  std::string ready_, claim_, take_, acknowledge_, give_back_, read_;
};

}  // namespace actiond
