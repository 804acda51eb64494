// What holds for an event by name: the plugin's options, and the configuration's over them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/config/config.hpp"
#include "wire/setup.hpp"

namespace actiond {

struct EventPolicy {
  std::string queue;  // where it goes if whoever queues it names no queue
  std::chrono::milliseconds timeout{0};
  int attempts = 1;
  std::string plugin;  // who provides it, "mailer.so 1a2b3c4d5e6f (set 6f5e4d3c2b1a)"; empty: none

  std::chrono::milliseconds expires{0};  // those that say nothing themselves; 0: never

  bool has_on_dead = false;  // its plugin hears of an event that won't be tried again

  bool is_known() const { return !plugin.empty(); }
};

// Queues that this plugin's events are declared for and the configuration lacks, a sentence each.
std::vector<std::string> unknown_queues(const Config& config, const PluginInfo& plugin);

class EventPolicies {
 public:
  EventPolicies() = default;
  // `report` may be empty: then only the configuration speaks. `set` is the plugin set's hash.
  EventPolicies(const Config& config, const LoadReport& report, const std::string& set = {});

  // Of any name; an event that nobody has said anything of gets the defaults.
  const EventPolicy& of(std::string_view event) const;
  // The plugin set's hash.
  const std::string& set() const { return set_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  EventPolicy default_;
  std::string set_;
  std::unordered_map<std::string, EventPolicy, Hash, std::equal_to<>> policies_;
};

}  // namespace actiond
