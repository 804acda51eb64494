// The thread of a poller that speaks to its database: settles, stores and takes what the mailbox
// asks for (see Exchange), and looks whether there is more. A server that hangs holds up nobody
// else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "broker/sql/claims.hpp"
#include "broker/sql/exchange.hpp"
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
  int most_held() const override { return 1024; }  // a transaction costs milliseconds

 private:
  void run();
  Result<void> turn();
  bool wait();
  Result<void> look(DatabaseTurn& turn, bool is_rung);
  Result<void> look_at_pauses(DatabaseTurn& turn, bool is_rung);
  Result<void> check_alive();
  Result<void> listen(const DatabaseTurn& turn);
  void answer_probes(DatabaseTurn& turn) const;
  Result<void> leave(DatabaseTurn& turn);

  std::unique_ptr<action::sql::QueueTables> tables_;
  DatabaseOwner owner_;
  DatabaseClaims claims_;
  std::vector<std::string> queues_;
  QueueStarts starts_;
  Exchange exchange_;
  Mailbox& mailbox_;
  UniqueFd bell_;

  LookPace pace_;
  bool is_listening_ = false;
  MonotonicTime next_look_{}, next_tick_{}, last_pause_look_{};
  std::optional<std::vector<bool>> paused_;  // as the loop was told
  bool is_over_ = false;
  std::thread thread_;  // the last: it uses all of the others
};

}  // namespace actiond
