// How many pollers a machine is to have, by what waits, by what they get done, and by the machine's
// load. Pure, but for what it remembers of the looks before.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/config/cluster_config.hpp"

namespace actiond {

// What is to be seen at one moment.
struct ClusterLook {
  MonotonicTime at{};
  int pollers = 0;         // its own that work, or begin to
  double busy = 0;         // how many of them have all their runners busy, in parts
  std::uint64_t done = 0;  // attempts that ended since the look before
  double busy_known = 0;   // both of those pollers alone that the look before saw as well
  std::uint64_t done_known = 0;
  std::optional<std::uint64_t> waiting;  // in the queues; nothing: the broker does not answer
  double load = 0;
  bool has_memory = true;  // for more processes
};

struct ClusterStep {
  int change = 0;   // pollers to start, or to stop if below 0
  std::string why;  // a sentence's rest: "1200 events wait, …"
};

class ClusterPolicy {
 public:
  // `max_load` of the configuration, or what stands for it on this machine.
  ClusterPolicy(const ClusterConfig& config, double max_load)
      : config_(config), max_load_(max_load) {}

  // To be asked every few seconds.
  ClusterStep decide(const ClusterLook& look);

 private:
  void remember(const ClusterLook& look);
  void learn(const ClusterLook& look, double elapsed);
  int needed(const ClusterLook& look) const;
  std::string need_of(const ClusterLook& look, int needed) const;
  ClusterStep grow(const ClusterLook& look, int needed) const;
  ClusterStep shrink(const ClusterLook& look) const;
  ClusterStep step_of(const ClusterLook& look) const;

  ClusterConfig config_;
  double max_load_;
  std::optional<ClusterLook> last_;
  double rate_ = 0;                 // events that end in a second
  double arriving_ = 0;             // events that come in a second
  std::optional<double> capacity_;  // events that one busy poller ends in a second
  std::deque<std::pair<MonotonicTime, double>> busy_;  // of the last while
  std::optional<MonotonicTime> changed_at_;
};

}  // namespace actiond
