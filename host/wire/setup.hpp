// What a runner is told before it loads anything, and what it answers. Once per runner, as JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace actiond {

struct RunnerSetup {
  std::vector<std::string> files;   // the plugins, absolute paths, in the order of loading
  std::vector<std::string> queues;  // that a handler may name
  std::string default_queue;
  nlohmann::json environment = nlohmann::json::object();
  bool inspect_only = false;                  // load and describe, problems and all; run no setup
  std::vector<std::string> hidden_variables;  // not in the runner's environment; not sent
};

// An event as its plugin declares it; 0 and empty: the default.
struct EventInfo {
  std::string name;
  std::string queue;
  std::int32_t attempts = 0;
  std::int64_t timeout_ms = 0;
  bool has_on_dead = false;  // it wants to hear of it when an event won't be tried again
};

struct PluginInfo {
  std::string file;
  std::string name;
  std::string version;
  std::string sdk_version;
  std::string abi;  // "1.0"
  std::vector<EventInfo> events;
  std::vector<std::string> queued;  // the events that its handlers queue, as far as it knows
  std::string hash;     // the head of its content's SHA-256; of the poller's making, not sent
  std::string problem;  // a sentence; empty: it can be used
};

struct LoadReport {
  std::vector<PluginInfo> plugins;

  // The first plugin's problem, or nullptr.
  const std::string* problem() const;
};

std::string to_text(const RunnerSetup& setup);
std::string to_text(const LoadReport& report);
// Nothing if the text is not what to_text writes.
std::optional<RunnerSetup> setup_from(std::string_view text);
std::optional<LoadReport> report_from(std::string_view text);

}  // namespace actiond
