#include "poller/delivery/priority.hpp"

#include <algorithm>

namespace actiond {

NextStep next_step(std::span<const QueueState> queues) {
  NextStep step;
  const auto first = std::find_if(queues.begin(), queues.end(),
                                  [](const QueueState& queue) { return queue.buffered > 0; });
  if (first == queues.end()) return step;
  bool is_clear = true;
  for (auto queue = queues.begin(); queue != first; ++queue) {
    if (queue->is_proven) continue;
    is_clear = false;
    if (!queue->is_probing) step.probe.push_back(static_cast<std::size_t>(queue - queues.begin()));
  }
  if (is_clear) step.start = static_cast<std::size_t>(first - queues.begin());
  return step;
}

}  // namespace actiond
