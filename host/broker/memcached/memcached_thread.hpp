// The thread of a poller that speaks to memcached: settles, stores and takes what the mailbox asks
// for, and looks whether there is more. A server that hangs holds up nobody else.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "broker/memcached/ring_owner.hpp"
#include "broker/memcached/ring_view.hpp"
#include "broker/store/look_pace.hpp"
#include "broker/store/mailbox.hpp"
#include "broker/store/mailbox_broker.hpp"

namespace actiond {

class MemcachedThread : public StoreThread {
 public:
  // Begins. `mailbox` must outlive it.
  MemcachedThread(std::unique_ptr<action::memcached::Rings> rings, RingOwner owner,
                  std::vector<std::string> queues, Mailbox& mailbox);
  // Ends as a crash would: what is not settled is the next one's. Blocks for a moment.
  ~MemcachedThread() override;
  MemcachedThread(const MemcachedThread&) = delete;
  MemcachedThread& operator=(const MemcachedThread&) = delete;

  void interrupt() override { rings_->connection().interrupt(); }

 private:
  struct Turn {
    Orders orders;
    std::vector<QueueHold> holds;
    News news;
  };
  void run();
  Result<void> turn();
  bool wait();
  Result<void> check_alive();
  Result<void> look(Turn& turn, bool is_rung);
  Result<void> settle(const Turn& turn);
  Result<void> store(Turn& turn);
  Result<void> take(Turn& turn);
  void answer_probes(Turn& turn) const;
  Result<void> leave(Turn& turn);

  std::unique_ptr<action::memcached::Rings> rings_;
  RingOwner owner_;
  std::vector<std::string> queues_;
  std::vector<RingView> views_;  // of each queue
  Mailbox& mailbox_;
  UniqueFd bell_;

  LookPace pace_;
  MonotonicTime next_look_{}, next_tick_{};
  bool is_over_ = false;
  std::thread thread_;  // the last: it uses all of the others
};

}  // namespace actiond
