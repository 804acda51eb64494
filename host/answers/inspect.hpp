// What plugin files provide, found out without running their setups, each in a child of its own:
// one that crashes or hangs while it is loaded says so of itself and of no other.
#pragma once

#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "wire/setup.hpp"

namespace actiond {

// The file's description; `problem` is filled in if it can't be used. Blocks, up to `limit`.
PluginInfo inspect_plugin(const std::string& file, const LoadTimeout& limit);

// Notes as the problem of a plugin that it provides an event that one before it provides.
void find_duplicates(std::vector<PluginInfo>& plugins);

// An event as it will be run: what its plugin declares, and the configuration over it.
std::vector<EventInfo> effective_events(const Config& config, const PluginInfo& plugin);

// What does not hinder the plugin, but is hardly meant: a queue that the configuration lacks, or
// that it provides no event.
std::vector<std::string> warnings_of(const Config& config, const PluginInfo& plugin);

// Events that the plugin's handlers queue, as far as it knows, and that none of `all` provides.
std::vector<std::string> queued_warnings(const PluginInfo& plugin,
                                         const std::vector<PluginInfo>& all);

// Events that recur and that none of `all` provides.
std::vector<std::string> recurring_warnings(const Config& config,
                                            const std::vector<PluginInfo>& all);

}  // namespace actiond
