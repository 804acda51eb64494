// What a runner may take: time to load, to run an event and to tear down, and memory. Whatever is
// over its limit is killed; a handler can see that a second before.
#pragma once

#include <optional>
#include <string>

#include "base/config/config.hpp"
#include "poller/runners/runner_slot.hpp"

namespace actiond {

// To be called every few milliseconds while the runner lives. Returns why it should be replaced
// between two events; nothing: it need not be.
std::optional<std::string> keep_limits(RunnerSlot& slot, const Config& config, MonotonicTime now);

// The same after each event.
std::optional<std::string> has_run_enough(const RunnerSlot& slot, const RecyclePolicy& policy);

}  // namespace actiond
