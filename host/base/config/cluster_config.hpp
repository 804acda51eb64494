// The `cluster:` section: between which bounds `actiond cluster` keeps the pollers of a machine.
#pragma once

#include <chrono>

namespace actiond {

struct ClusterConfig {
  int first_id = 0, last_id = 0;  // of the pollers that are its own; 0: there is no such section
  int min = 1, max = 1;           // pollers at the same time
  double max_load = 0;            // of the machine, its average over a minute; 0: 2 for each core
  int step = 5;                   // pollers that are started, or stopped, at once
  std::chrono::milliseconds drain_within = std::chrono::minutes(1);  // what waits

  bool operator==(const ClusterConfig&) const = default;
};

}  // namespace actiond
