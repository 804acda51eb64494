#include "statistics/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/json_parts.hpp"
#include "statistics/metric_lines.hpp"

namespace actiond {
namespace {

using nlohmann::json;

// "waiting for the broker" as a label.
std::string state_of(const json& poller) {
  auto state = text_in(poller, "state");
  for (auto& c : state)
    if (c == ' ') c = '_';
  return state;
}

void add_events(MetricLines& lines, const std::vector<CountRow>& totals) {
  lines.family("actiond_events_total", "counter", "Events by how they ended.");
  for (const auto& row : totals)
    lines.sample({{"event", row.event}, {"queue", row.queue}, {"outcome", name(row.outcome)}},
                 static_cast<double>(row.cell.count));
}

// Of an event, whatever its queue and outcome.
std::map<std::string, Cell> by_event(const std::vector<CountRow>& totals) {
  std::map<std::string, Cell> events;
  for (const auto& row : totals) events[row.event].add(row.cell);
  return events;
}

void add_times(MetricLines& lines, const std::vector<CountRow>& totals) {
  const auto events = by_event(totals);
  lines.family("actiond_event_duration_seconds", "histogram", "How long runs of an event took.");
  for (const auto& [event, cell] : events) lines.histogram("event", event, cell.run);
  lines.family("actiond_event_wait_seconds", "histogram",
               "How long events waited from when they were queued, or due, to their start.");
  for (const auto& [event, cell] : events) lines.histogram("event", event, cell.wait);
}

void add_counters(MetricLines& lines, const std::vector<CounterRow>& counters) {
  std::map<std::string, std::uint64_t> sums{{"swap", 0}, {"refusal", 0}, {"rollback", 0}};
  lines.family("actiond_runner_crashes_total", "counter",
               "Runners that crashed, by what they ran.");
  for (const auto& counter : counters) {
    sums[counter.name] += counter.value;
    if (counter.name == "crash")
      lines.sample({{"event", counter.event}, {"plugin", counter.plugin}},
                   static_cast<double>(counter.value));
  }
  lines.family("actiond_swaps_total", "counter",
               "Changes of a poller's plugins or configuration, by how they went.");
  for (const auto& [kind, result] : {std::pair("swap", "done"), std::pair("refusal", "refused"),
                                     std::pair("rollback", "rolled_back")})
    lines.sample({{"result", result}}, static_cast<double>(sums[kind]));
  lines.family("actiond_broker_reconnects_total", "counter",
               "Connections to the broker that pollers lost and had again.");
  lines.sample({}, static_cast<double>(sums["reconnect"]));
}

bool is_dead_queue(const json& queue) {
  return text_in(queue, "name") == "dead";
}

void add_queues(MetricLines& lines, const json& status) {
  constexpr std::pair<const char*, std::pair<const char*, const char*>> kGauges[] = {
      {"ready", {"actiond_queue_ready", "Events that wait for a poller."}},
      {"later", {"actiond_queue_later", "Events that wait for their time, where it is known."}},
      {"consumers", {"actiond_queue_consumers", "Pollers that take events of a queue."}}};
  const auto& queues = list_in(status, "queues");
  for (const auto& [key, gauge] : kGauges) {
    lines.family(gauge.first, "gauge", gauge.second);
    for (const auto& queue : queues)
      if (!is_dead_queue(queue) && queue.contains(key) && queue[key].is_number())
        lines.sample({{"queue", text_in(queue, "name")}}, decimal_in(queue, key));
  }
  lines.family("actiond_queue_paused", "gauge", "1: no poller takes events of this queue.");
  for (const auto& queue : queues)
    if (!is_dead_queue(queue))
      lines.sample({{"queue", text_in(queue, "name")}}, queue.value("paused", false) ? 1 : 0);
  lines.family("actiond_dead_letters", "gauge", "Events that have failed for good.");
  for (const auto& queue : queues)
    if (is_dead_queue(queue) && queue.contains("ready") && queue["ready"].is_number())
      lines.sample({}, decimal_in(queue, "ready"));
}

void add_broker(MetricLines& lines, const json& status) {
  const auto broker = status.value("broker", json::object());
  lines.family("actiond_broker_connected", "gauge", "1: the broker answers.");
  lines.sample({}, broker.contains("name") ? 1 : 0);
}

void add_pollers(MetricLines& lines, const json& pollers) {
  std::map<std::string, int> states{{"loading", 0},
                                    {"waiting_for_the_broker", 0},
                                    {"blocked_by_the_broker", 0},
                                    {"working", 0},
                                    {"idle", 0},
                                    {"quiet", 0},
                                    {"leaving", 0},
                                    {"does_not_answer", 0},
                                    {"gone", 0}};
  double busy = 0, all = 0, wanted = 0;
  for (const auto& poller : pollers) {
    ++states[state_of(poller)];
    const auto runners = static_cast<double>(list_in(poller, "runners").size());
    busy += static_cast<double>(list_in(poller, "in_hand").size());
    all += runners;
    wanted += std::max(runners, decimal_in(poller, "concurrency"));
  }
  lines.family("actiond_pollers", "gauge", "Pollers of this machine's run_dir, by state.");
  for (const auto& [state, count] : states) lines.sample({{"state", state}}, count);
  lines.family("actiond_runners", "gauge", "Their runners: busy, idle, or still to be started.");
  lines.sample({{"state", "busy"}}, busy);
  lines.sample({{"state", "idle"}}, std::max(0.0, all - busy));
  lines.sample({{"state", "missing"}}, wanted - all);
}

void add_running(MetricLines& lines, const json& pollers) {
  std::map<std::string, double> longest_ms;
  for (const auto& poller : pollers)
    for (const auto& run : list_in(poller, "in_hand")) {
      auto& longest = longest_ms[text_in(run, "event")];
      longest = std::max(longest, decimal_in(run, "for_ms"));
    }
  lines.family("actiond_running_longest_seconds", "gauge",
               "For how long the longest run of an event has been under way.");
  for (const auto& [event, ms] : longest_ms) lines.sample({{"event", event}}, ms / 1000);
}

void add_plugins(MetricLines& lines, const json& pollers) {
  std::set<std::tuple<std::string, std::string, std::string>> plugins;
  for (const auto& poller : pollers)
    for (const auto& plugin : list_in(poller, "plugins"))
      plugins.emplace(text_in(plugin, "name"), text_in(plugin, "hash"), text_in(plugin, "version"));
  lines.family("actiond_plugin_info", "gauge", "The plugins that pollers run.");
  for (const auto& [plugin, hash, version] : plugins)
    lines.sample({{"plugin", plugin}, {"hash", hash}, {"version", version}}, 1);
}

}  // namespace

std::string exposition(const MetricsSource& source) {
  MetricLines lines;
  lines.family("actiond_build_info", "gauge", "The actiond that tells this.");
  lines.sample({{"version", source.version}}, 1);
  if (source.problem.empty()) {
    add_events(lines, source.totals);
    add_times(lines, source.totals);
    add_counters(lines, source.counters);
  } else {
    lines.comment("counters are missing: " + source.problem);
  }
  const auto& pollers = list_in(source.status, "pollers");
  add_queues(lines, source.status);
  add_broker(lines, source.status);
  add_pollers(lines, pollers);
  add_running(lines, pollers);
  add_plugins(lines, pollers);
  return lines.text();
}

}  // namespace actiond
