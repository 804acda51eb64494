// Queues that are paused: no poller takes events of theirs, until they are resumed. The broker
// keeps that, so it holds for pollers that start later, and outlives everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

// Who paused a queue, when, and why.
struct Pause {
  std::string by;          // "user@host"
  std::int64_t at_ms = 0;  // since 1970 UTC
  std::string reason;      // may be empty

  bool operator==(const Pause&) const = default;
};

// {"by", "at_ms", "reason"}, as the broker keeps it; and back. What somebody else has written there
// is read as far as it can be understood.
std::string to_text(const Pause& pause);
Pause pause_in(std::string_view text);

// For all pollers of the application, each within a few seconds. One that is paused already is
// paused anew, by this one. Both block, up to `timeout` for each broker.
Result<void> pause_queues(const Config& config, const std::string& name,
                          const std::vector<std::string>& queues, const Pause& pause,
                          std::chrono::milliseconds timeout);
// Returns those of them that were paused.
Result<std::vector<std::string>> resume_queues(const Config& config, const std::string& name,
                                               const std::vector<std::string>& queues,
                                               std::chrono::milliseconds timeout);

}  // namespace actiond
