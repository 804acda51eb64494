// How much a poller holds: enough that the broker's round trip never leaves a runner idle, little
// enough that nothing waits here while another poller is free. Pure; fed with run times.
#pragma once

#include <action/queue_type.hpp>
#include <chrono>
#include <optional>

#include "base/clock.hpp"

namespace actiond {

class Pace {
 public:
  // `fixed_prefetch` is the configuration's, nullopt for auto. A replicated queue may count what it
  // has delivered and got back, and drop it for that (delivery-limit): while nothing is known of
  // run times, not more is asked of one than the runners can begin.
  Pace(std::optional<int> fixed_prefetch, int runners,
       action::QueueType queues = action::QueueType::Classic)
      : fixed_prefetch_(fixed_prefetch), runners_(runners), queues_(queues) {}

  // A run took so long. The typical time follows a long one quickly, short ones slowly.
  void ran(std::chrono::nanoseconds duration);
  // There are so many runners now, and there may be more: then one event more is asked for, so that
  // it is known whether any waits.
  void staffed(int runners, bool may_grow) {
    runners_ = runners;
    spare_ = may_grow ? 1 : 0;
  }

  // How many the broker would have held at the most.
  void may_hold(int most) { most_held_ = most; }
  // So many have ended and can't be settled for now. The broker counts them, but no runner is at
  // work on them: as many more are asked for, or nothing else of their queue would ever come.
  void held_up(std::size_t events);

  // Messages of one queue to be unsettled at most: those that run, and about 5 ms of work for each
  // runner besides; at most what the broker says, or one for each runner. Without the latter a
  // runner would wait for the broker after each run.
  int prefetch() const;
  // The same if nothing were held up.
  int usual_prefetch() const;
  // Whether a consumer with this prefetch is so far off that it should be made anew.
  bool is_off(int prefetch_in_force) const;
  // The same, and the consumers were not made anew just now, or one of them might give nothing
  // any more for what is held up: then the caller does so.
  bool is_to_be_adjusted(int prefetch_in_force, MonotonicTime now);
  // Runs to be in one runner's pipe, the one that runs included: about 1 ms of work, 1 to 64.
  std::size_t pipe_depth() const;

 private:
  // What is held up might leave a runner without an event, for nothing more would be delivered.
  bool is_too_small(int prefetch_in_force) const;

  std::optional<int> fixed_prefetch_;
  int runners_;
  int spare_ = 0;
  int held_up_ = 0;      // rounded up, so that not each one more makes the consumers anew
  int most_held_ = 256;  // until a broker says
  action::QueueType queues_;
  MonotonicTime adjusted_at_{};
  std::optional<std::chrono::nanoseconds> typical_;  // run time; nullopt: nothing ran yet
};

}  // namespace actiond
