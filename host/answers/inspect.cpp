#include "answers/inspect.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <map>

#include "base/clock.hpp"
#include "base/nearest.hpp"
#include "poller/delivery/event_policies.hpp"
#include "poller/runners/run_limits.hpp"
#include "poller/runners/runner_process.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

std::string file_name_of(const std::string& path) {
  return std::filesystem::path(path).filename();
}

// The report, if it has come.
std::optional<LoadReport> take_report(RunnerProcess& runner) {
  for (int reads = 0; reads < RunnerProcess::kMostReads && runner.receive();) ++reads;
  for (;;) {
    auto frame = runner.next_frame();
    if (!frame || !*frame) return std::nullopt;
    if (static_cast<FrameKind>((*frame)->kind) != FrameKind::Ready) continue;
    const auto ready = decode<ReadyFrame>((*frame)->payload);
    return ready ? report_from(ready->json) : std::nullopt;
  }
}

// Waits for the report; fails if the child ends before or takes too long.
Result<LoadReport> await_report(RunnerProcess& runner, const std::string& file,
                                std::chrono::milliseconds limit) {
  const auto until = monotonic_now() + limit;
  while (monotonic_now() < until) {
    pollfd ready[] = {{runner.socket(), POLLIN, 0}, {runner.pidfd(), POLLIN, 0}};
    ::poll(ready, 2, static_cast<int>((until - monotonic_now()) / 1ms) + 1);
    const auto ended = runner.reap();  // before the look: what it said it said before it ended
    if (auto report = take_report(runner)) return std::move(*report);
    if (ended)
      return Error{fmt::format("plugin {} crashed the runner while it was loaded ({})",
                               file_name_of(file), ended->text())};
  }
  return Error{fmt::format("plugin {} {}", file_name_of(file), too_slow_to_load(limit))};
}

Result<LoadReport> inspect(const std::string& file, std::chrono::milliseconds limit) {
  auto runner = RunnerProcess::spawn();
  if (!runner) return runner.error();
  RunnerSetup setup;
  setup.files = {file};
  setup.inspect_only = true;
  const std::string text = to_text(setup);
  runner->add(SetupFrame{text});
  runner->flush();  // far less than a socket holds
  return await_report(*runner, file, limit);
}

std::vector<std::string> names_of(const std::vector<PluginInfo>& plugins) {
  std::vector<std::string> names;
  for (const auto& plugin : plugins)
    for (const auto& event : plugin.events) names.push_back(event.name);
  return names;
}

// What becomes of an event that nobody provides, or what was meant.
std::string what_then(const std::string& event, const std::vector<std::string>& provided) {
  const std::string near = nearest(event, provided);
  return near.empty() ? "it waits until one does" : fmt::format("did you mean '{}'?", near);
}

}  // namespace

PluginInfo inspect_plugin(const std::string& file, const LoadTimeout& limit) {
  auto report = inspect(file, limit.of(file));
  if (report && report->plugins.size() == 1) return std::move(report->plugins[0]);
  PluginInfo info;
  info.file = file;
  info.problem = report ? "the runner's report can't be understood" : report.error().text;
  return info;
}

void find_duplicates(std::vector<PluginInfo>& plugins) {
  std::map<std::string, std::string> provided_by;
  for (auto& plugin : plugins)
    for (const auto& event : plugin.events) {
      const auto [found, is_new] = provided_by.emplace(event.name, plugin.file);
      if (!is_new && found->second != plugin.file && plugin.problem.empty())
        plugin.problem = fmt::format(
            "plugin {} provides the event '{}', which {} has already: remove one of the two "
            "files, or give the event another name",
            file_name_of(plugin.file), event.name, file_name_of(found->second));
    }
}

std::vector<EventInfo> effective_events(const Config& config, const PluginInfo& plugin) {
  const EventPolicies policies(config, {{plugin}});
  std::vector<EventInfo> events;
  for (const auto& declared : plugin.events) {
    const auto& policy = policies.of(declared.name);
    const auto configured = config.events.find(declared.name);
    int attempts = declared.attempts > 0 ? declared.attempts : config.retry.attempts;
    if (configured != config.events.end() && configured->second.attempts)
      attempts = *configured->second.attempts;
    events.push_back({declared.name, policy.queue, attempts, policy.timeout.count()});
  }
  return events;
}

std::vector<std::string> warnings_of(const Config& config, const PluginInfo& plugin) {
  auto warnings = unknown_queues(config, plugin);
  if (plugin.events.empty() && plugin.problem.empty())
    warnings.push_back(fmt::format(
        "plugin {} provides no event: write ACTION_EVENT(Class) after each event's class",
        file_name_of(plugin.file)));
  return warnings;
}

std::vector<std::string> queued_warnings(const PluginInfo& plugin,
                                         const std::vector<PluginInfo>& all) {
  const auto provided = names_of(all);
  std::vector<std::string> warnings;
  for (const auto& name : plugin.queued)
    if (std::find(provided.begin(), provided.end(), name) == provided.end())
      warnings.push_back(
          fmt::format("plugin {} queues the event '{}', which no plugin here provides: {}",
                      file_name_of(plugin.file), name, what_then(name, provided)));
  return warnings;
}

std::vector<std::string> recurring_warnings(const Config& config,
                                            const std::vector<PluginInfo>& all) {
  const auto provided = names_of(all);
  std::vector<std::string> warnings;
  for (const auto& [name, entry] : config.cron)
    if (std::find(provided.begin(), provided.end(), entry.event) == provided.end())
      warnings.push_back(
          fmt::format("cron.{} queues the event '{}', which no plugin here provides: {}", name,
                      entry.event, what_then(entry.event, provided)));
  return warnings;
}

}  // namespace actiond
