// What a poller's loop and the thread that speaks to its database tell each other. Each side takes
// all that is there at once, and neither ever waits for the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "broker/broker.hpp"
#include "broker/store/claim.hpp"

namespace actiond {

// A queue as both sides see it.
struct QueueHold {
  int prefetch = 0;
  int held = 0;  // with the loop, or on the way there
  bool is_probed = false;
  bool may_have_more = true;  // than has been taken

  // What is to be taken; a probe wants one in any case.
  int wanted() const { return prefetch == 0 ? 0 : std::max(prefetch - held, is_probed ? 1 : 0); }
};

// From the loop.
struct Orders {
  struct Settled {
    QueueIndex queue;
    std::int64_t seq;
    Handled handled;
  };
  struct Stored {
    std::uint64_t number;
    std::string queue;
    std::int64_t delay_ms;
    Message message;
  };
  struct GivenBack {
    QueueIndex queue;
    std::int64_t seq;
  };
  std::vector<Settled> acknowledged;
  std::vector<GivenBack> given_back;
  std::vector<Stored> stored;

  bool is_empty() const { return acknowledged.empty() && given_back.empty() && stored.empty(); }
};

// To the loop.
struct News {
  struct Arrival {
    QueueIndex queue;
    StoredClaim claim;
  };
  std::vector<Arrival> arrived;
  std::vector<std::pair<std::uint64_t, Result<void>>> confirmed;
  std::vector<QueueIndex> proven_empty, probe_delivered;
  std::optional<std::vector<bool>> paused;  // of each queue, if that has changed
  std::optional<Error> failure;             // by which it is over
  bool is_closed = false;                   // all was settled, and the owner has left
};

class Mailbox {
 public:
  // For a broker of so many queues. Fails if the process has no descriptors left.
  static Result<std::unique_ptr<Mailbox>> open(std::size_t queues);

  // ---- the loop's side

  // Readable when there is news.
  int news_fd() const { return to_loop_.get(); }
  News take_news();
  // Adds to the orders, which are left empty, and wakes the thread if they make it due earlier.
  void give(Orders& orders);
  void consume(QueueIndex queue, int prefetch);
  void probe(QueueIndex queue);
  void close();
  // Publications that the thread has not taken yet.
  std::size_t waiting();

  // ---- the thread's side

  // Readable when the loop wants it to look.
  int wake_fd() const { return to_thread_.get(); }
  void silence_wake();
  // When there is something to do: because of the loop, or `next_look` if it wants anything, or
  // `next_tick`. From then on a change of that wakes.
  MonotonicTime sleep_until(MonotonicTime next_look, MonotonicTime next_tick);
  bool is_closing();
  std::pair<Orders, std::vector<QueueHold>> take_orders();
  // Tells what has come; `holds` as they were taken, and may_have_more as it is now.
  void tell(News news, const std::vector<QueueHold>& holds);

 private:
  Mailbox(std::size_t queues, UniqueFd to_loop, UniqueFd to_thread)
      : to_loop_(std::move(to_loop)), to_thread_(std::move(to_thread)), holds_(queues) {}
  MonotonicTime due() const;
  bool is_urgent() const;
  void wake_if_earlier();

  UniqueFd to_loop_, to_thread_;
  std::mutex mutex_;
  std::vector<QueueHold> holds_;
  Orders orders_;
  std::optional<MonotonicTime> ordered_at_;  // the oldest of them
  News news_;
  MonotonicTime asleep_until_{};
  bool is_closing_ = false;
};

}  // namespace actiond
