#include "poller/delivery/event_policies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/duration.hpp"

namespace actiond {
namespace {

std::string provider(const PluginInfo& plugin, const std::string& set) {
  const std::string file = std::filesystem::path(plugin.file).filename();
  const std::string hashed = plugin.hash.empty() ? file : fmt::format("{} {}", file, plugin.hash);
  return set.empty() ? hashed : fmt::format("{} (set {})", hashed, set);
}

}  // namespace

EventPolicies::EventPolicies(const Config& config, const LoadReport& report, const std::string& set)
    : default_{config.default_queue, config.timeout, config.retry.attempts, {}, {}, false},
      set_(set) {
  for (const auto& plugin : report.plugins)
    for (const auto& event : plugin.events) {
      EventPolicy& policy = policies_.emplace(event.name, default_).first->second;
      // A plugin may name a queue that this installation does not have.
      if (std::find(config.queues.begin(), config.queues.end(), event.queue) != config.queues.end())
        policy.queue = event.queue;
      policy.plugin = provider(plugin, set);
      policy.has_on_dead = event.has_on_dead;
      if (event.attempts > 0) policy.attempts = event.attempts;
      if (event.timeout_ms > 0)
        policy.timeout = std::min(kLongestDuration, std::chrono::milliseconds(event.timeout_ms));
    }
  for (const auto& [name, event] : config.events) {
    EventPolicy& policy = policies_.emplace(name, default_).first->second;
    if (event.queue) policy.queue = *event.queue;
    if (event.timeout) policy.timeout = *event.timeout;
    if (event.attempts) policy.attempts = *event.attempts;
    policy.expires = event.expires;
  }
}

const EventPolicy& EventPolicies::of(std::string_view event) const {
  const auto found = policies_.find(event);
  return found == policies_.end() ? default_ : found->second;
}

}  // namespace actiond
