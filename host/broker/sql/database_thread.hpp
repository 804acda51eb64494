// The thread of a poller that speaks to its database: settles, stores and takes what the mailbox
// asks for, all of it in one transaction, and looks whether there is more. A server that hangs
// holds up nobody else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "broker/sql/claims.hpp"
#include "broker/sql/owner.hpp"
#include "broker/store/look_pace.hpp"
#include "broker/store/mailbox.hpp"
#include "broker/store/mailbox_broker.hpp"

namespace actiond {

class DatabaseThread : public StoreThread {
 public:
  // Begins. `mailbox` must outlive it. `paused`: which of the queues are; none if the tables don't
  // keep that.
  DatabaseThread(std::unique_ptr<action::sql::QueueTables> tables, DatabaseOwner owner,
                 std::vector<std::string> queues, Mailbox& mailbox,
                 std::optional<std::vector<bool>> paused);
  // Ends as a crash would: what is not settled is the next one's. Blocks for a moment.
  ~DatabaseThread() override;
  DatabaseThread(const DatabaseThread&) = delete;
  DatabaseThread& operator=(const DatabaseThread&) = delete;

  void interrupt() override { tables_->session().interrupt(); }

 private:
  struct Turn {
    Orders orders;
    std::vector<QueueHold> holds;
    News news;
    bool has_found_nothing = false;  // its look
    std::vector<std::pair<QueueIndex, DatabaseClaims::Taken>>
        taken;                       // by a transaction, not read yet
    std::vector<bool> is_looked_at;  // since these holds were taken
  };
  void run();
  Result<void> turn();
  bool wait();
  Result<void> look(Turn& turn, bool is_rung);
  Result<void> look_at_pauses(Turn& turn, bool is_rung);
  Result<void> check_alive();
  Result<void> listen(const Turn& turn);
  bool is_something_to_do(const Turn& turn) const;
  Result<void> exchange(Turn& turn);
  Result<void> refuse_unknown(Turn& turn);
  Result<void> exchange_apart(Turn& turn);
  Result<void> settle(const Turn& turn);
  Result<void> count(const Turn& turn);
  Result<void> take(Turn& turn);
  Result<void> read(Turn& turn);
  void answer_probes(Turn& turn) const;
  Result<void> leave(Turn& turn);

  std::unique_ptr<action::sql::QueueTables> tables_;
  DatabaseOwner owner_;
  DatabaseClaims claims_;
  std::vector<std::string> queues_;
  Mailbox& mailbox_;
  UniqueFd bell_;

  LookPace pace_;
  bool is_listening_ = false;
  MonotonicTime next_look_{}, next_tick_{}, next_start_{}, last_pause_look_{};
  std::optional<std::vector<bool>> paused_;  // as the loop was told
  std::vector<std::int64_t> from_ms_;        // of each queue: where to begin to read
  bool is_over_ = false;
  std::thread thread_;  // the last: it uses all of the others
};

}  // namespace actiond
