#include "poller/delivery/event_policies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/duration.hpp"
#include "base/nearest.hpp"

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

std::vector<std::string> unknown_queues(const Config& config, const PluginInfo& plugin) {
  std::vector<std::string> warnings;
  for (const auto& event : plugin.events) {
    const auto& queues = config.queues;
    const auto configured = config.events.find(event.name);
    const bool is_moved = configured != config.events.end() && configured->second.queue;
    if (event.queue.empty() || is_moved ||
        std::find(queues.begin(), queues.end(), event.queue) != queues.end())
      continue;
    const auto near = nearest(event.queue, queues);
    warnings.push_back(fmt::format(
        "plugin {} wants the event '{}' in the queue '{}', which the configuration does not have: "
        "it goes to '{}'{}",
        std::filesystem::path(plugin.file).filename().native(), event.name, event.queue,
        config.default_queue, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  }
  return warnings;
}

const EventPolicy& EventPolicies::of(std::string_view event) const {
  const auto found = policies_.find(event);
  return found == policies_.end() ? default_ : found->second;
}

}  // namespace actiond
