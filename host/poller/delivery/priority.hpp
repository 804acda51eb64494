// Strict priority: which queue a free runner takes from next, and what must be asked first. Pure.
//
// A lower queue may start only once every higher one is known to have nothing ready. That is known
// of a queue as long as its consumer's credit cannot have run out since the broker last proved it
// empty: then whatever comes is pushed, and would be here. Else it must be probed (the fence).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace actiond {

// The credit of one queue's consumer, counted so that it errs on the safe side: as if the broker
// had seen none of our acknowledgements since the last proof.
class Credit {
 public:
  void consuming(int prefetch) {
    prefetch_ = prefetch;
    headroom_ = 0;
  }
  void stopped() { prefetch_ = headroom_ = 0; }
  void delivered() {
    if (headroom_ > 0) --headroom_;
  }
  // The broker proved the queue empty while `unsettled` of its deliveries were with us.
  void proven_empty(std::size_t unsettled) {
    const auto held = static_cast<long>(unsettled);
    headroom_ = prefetch_ > held ? prefetch_ - held : 0;
  }
  bool is_consuming() const { return prefetch_ > 0; }
  // Nothing is ready in the queue that is not already on its way to us.
  bool is_proven() const { return headroom_ > 0; }

 private:
  long prefetch_ = 0;
  long headroom_ = 0;  // deliveries until the credit might have run out
};

struct QueueState {
  std::size_t buffered = 0;  // delivered to us, not yet started
  bool is_proven = false;    // see Credit
  bool is_probing = false;   // asked, not yet answered; or not yet worth asking
};

struct NextStep {
  std::optional<std::size_t> start;  // take from this queue
  std::vector<std::size_t> probe;    // ask these first
};

// Queues are in the order of their priority, highest first.
NextStep next_step(std::span<const QueueState> queues);

}  // namespace actiond
