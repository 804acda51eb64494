// What `actiond cluster` looks at: the pollers that are its own, the queues, and the machine.
#pragma once

#include <map>
#include <vector>

#include "answers/cluster_policy.hpp"
#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

// One of its own, as it says itself.
struct ClusterPoller {
  int id = 0;
  bool is_leaving = false;
  bool is_idle = false;
};

class ClusterEye {
 public:
  // `config` must outlive it.
  ClusterEye(const Config& config, std::string process_name)
      : config_(config), name_(std::move(process_name)) {}

  // Blocks for seconds at most. Fails if run_dir can't be read.
  Result<ClusterLook> look();
  // Of the last look, by id.
  const std::vector<ClusterPoller>& pollers() const { return pollers_; }

  // The ids that are free, lowest first; and those to be stopped, the idle ones first, highest
  // first. As many as there are, up to `count`.
  std::vector<int> to_start(int count) const;
  std::vector<int> to_stop(int count) const;

 private:
  const Config& config_;
  std::string name_;
  std::vector<ClusterPoller> pollers_;
  std::map<std::pair<int, int>, std::uint64_t> ended_;  // by id and pid, at the last look
};

}  // namespace actiond
