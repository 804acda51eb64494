#include "web/overview.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/json_parts.hpp"
#include "web/attention.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

constexpr std::size_t kMostEvents = 20;
constexpr std::size_t kMostMarks = 30;
constexpr std::int64_t kClockStep_ms = 100;  // pollers tell how long; the difference may wander

// Null of a console poller, and of what is no poller's answer.
json id_of(const json& poller) {
  return poller.is_object() ? poller.value("id", json()) : json();
}

template <typename Times>
json percentile_or_null(const Times& times, double q) {
  const auto value = percentile(times, q);
  return value ? json(*value) : json();
}

json queue_json(const json& queue, const View& view, const Depths& depths, std::int64_t now_ms) {
  json row = queue;
  const auto name = text_in(queue, "name");
  row["depths"] = depths.of_queue(name, now_ms);
  row["events"] = 0;
  if (!view.statistics) return row;
  const auto found = view.statistics->queues.find(name);
  if (found == view.statistics->queues.end()) return row;
  row["events"] = found->second.events;
  row["series"] = found->second.series;
  row["wait_p95_ms"] = percentile_or_null(found->second.wait, 0.95);
  return row;
}

json event_row(const EventFigures& event) {
  const auto& figures = event.figures;
  return {{"event", event.event},
          {"events", figures.all()},
          {"failed", failed_of(figures)},
          {"dead", figures.of(OutcomeLabel::Dead) + figures.of(OutcomeLabel::Discarded)},
          {"p50_ms", percentile_or_null(figures.run, 0.5)},
          {"p95_ms", percentile_or_null(figures.run, 0.95)},
          {"sets", event.sets.size()},
          {"series", figures.series}};
}

json events_json(const Report& hour) {
  std::vector<const EventFigures*> events;
  for (const auto& event : hour.events) events.push_back(&event);
  std::stable_sort(events.begin(), events.end(), [](const auto* one, const auto* other) {
    return one->figures.all() > other->figures.all();
  });
  if (events.size() > kMostEvents) events.resize(kMostEvents);
  json rows = json::array();
  for (const auto* event : events) rows.push_back(event_row(*event));
  return rows;
}

json marks_json(const Report& hour) {
  json rows = json::array();
  for (const auto& mark : hour.marks) {
    if (mark.kind == MarkKind::Crash) continue;
    if (rows.size() == kMostMarks) break;
    rows.push_back({{"kind", name(mark.kind)},
                    {"at_ms", mark.at_ms},
                    {"poller", mark.poller},
                    {"set_before", mark.set_before},
                    {"set_after", mark.set_after},
                    {"text", mark.text}});
  }
  return rows;
}

json poller_row(const json& poller) {
  const auto refusal = poller.contains("reload") ? text_in(poller["reload"], "problem") : "";
  return {{"id", id_of(poller)},
          {"pid", number_in(poller, "pid")},
          {"state", text_in(poller, "state")},
          {"busy", list_in(poller, "in_hand").size()},
          {"of", number_in(poller, "concurrency")},
          {"plugin_set", text_in(poller, "plugin_set")},
          {"problem", refusal.empty() ? text_in(poller, "problem") : refusal}};
}

// Since when it runs: pollers say for how long, to what they know of now.
std::int64_t since_of(const json& run, std::int64_t now_ms) {
  return (now_ms - number_in(run, "for_ms")) / kClockStep_ms * kClockStep_ms;
}

json numbers_json(const View& view, std::int64_t now_ms) {
  json numbers{{"waiting", json()}, {"later", json()}, {"dead", json()}};
  if (view.broker)
    for (const auto& queue : list_in(view.broker->queues, "queues")) {
      if (!queue.contains("ready") || !queue["ready"].is_number()) continue;
      const char* const key = text_in(queue, "name") == "dead" ? "dead" : "waiting";
      numbers[key] = number_in(numbers, key) + number_in(queue, "ready");
      if (queue.contains("later"))
        numbers["later"] = number_in(numbers, "later") + number_in(queue, "later");
    }
  std::int64_t in_hand = 0, capacity = 0, longest = 0;
  for (const auto& poller : view.pollers ? view.pollers->pollers : json::array()) {
    capacity += number_in(poller, "concurrency");
    for (const auto& run : list_in(poller, "in_hand")) {
      ++in_hand;
      longest = longest == 0 ? since_of(run, now_ms) : std::min(longest, since_of(run, now_ms));
    }
  }
  numbers["in_hand"] = in_hand;
  numbers["capacity"] = capacity;
  numbers["longest_since_ms"] = longest;
  numbers["done_a_second"] =
      view.pollers ? json(std::round(view.pollers->done_a_second * 10) / 10) : json();
  return numbers;
}

void add_statistics(const View& view, json& numbers) {
  std::uint64_t events = 0, failed = 0;
  for (const auto& event : view.statistics->hour.events) {
    events += event.figures.all();
    failed += failed_of(event.figures);
  }
  numbers["hour_events"] = events;
  numbers["hour_failed"] = failed;
  numbers["day_events"] = view.statistics->day_events;
  numbers["day_failed"] = view.statistics->day_failed;
}

}  // namespace

json overview_json(const Config& config, const View& view, const Depths& depths,
                   std::int64_t now_ms) {
  json all{{"application", config.application},
           {"access", config.web.is_read_only ? "read-only" : "full"},
           {"attention", attention_json(view)},
           {"broker", json()},
           {"queues", json::array()},
           {"pollers", json::array()},
           {"events", json::array()},
           {"marks", json::array()},
           {"numbers", numbers_json(view, now_ms)}};
  if (view.broker) {
    all["broker"] = view.broker->queues.value("broker", json());
    if (all["broker"].is_object()) all["broker"].erase("in_hand");
    for (const auto& queue : list_in(view.broker->queues, "queues"))
      all["queues"].push_back(queue_json(queue, view, depths, now_ms));
  }
  for (const auto& poller : view.pollers ? view.pollers->pollers : json::array())
    all["pollers"].push_back(poller_row(poller));
  if (!view.statistics) return all;
  all["statistics"] = {{"problem", view.statistics->problem},
                       {"since_ms", view.statistics->hour.since_ms},
                       {"until_ms", view.statistics->hour.until_ms},
                       {"events", view.statistics->hour.events.size()}};
  all["events"] = events_json(view.statistics->hour);
  all["marks"] = marks_json(view.statistics->hour);
  add_statistics(view, all["numbers"]);
  return all;
}

json running_json(const Config& config, const View& view, std::int64_t now_ms) {
  std::vector<json> runs;
  for (const auto& poller : view.pollers ? view.pollers->pollers : json::array())
    for (const auto& run : list_in(poller, "in_hand")) {
      if (!run.is_object()) continue;
      json row{{"event", text_in(run, "event")},    {"id", text_in(run, "id")},
               {"queue", text_in(run, "queue")},    {"attempt", number_in(run, "attempt")},
               {"since_ms", since_of(run, now_ms)}, {"poller", id_of(poller)},
               {"pid", number_in(poller, "pid")}};
      if (config.web.are_params_shown && run.contains("params")) row["params"] = run["params"];
      if (auto trace = text_in(run, "trace_id"); !trace.empty()) row["trace_id"] = std::move(trace);
      runs.push_back(std::move(row));
    }
  std::stable_sort(runs.begin(), runs.end(), [](const json& one, const json& other) {
    return one["since_ms"] < other["since_ms"];
  });
  return {{"running", std::move(runs)}, {"problem", view.pollers ? view.pollers->problem : ""}};
}

// Under the same names as those of `actiond plugins --json`, which looks into the files, too.
json loaded_json(const View& view) {
  std::map<std::pair<std::string, std::string>, json> files;
  for (const auto& poller : view.pollers ? view.pollers->pollers : json::array())
    for (const auto& plugin : list_in(poller, "plugins")) {
      auto& row = files[{text_in(plugin, "file"), text_in(plugin, "hash")}];
      if (row.is_null()) row = plugin;
      row["running"].push_back(
          {{"id", poller["id"]}, {"pid", poller["pid"]}, {"hash", text_in(plugin, "hash")}});
    }
  json rows = json::array();
  for (auto& [file, row] : files) rows.push_back(std::move(row));
  return rows;
}

json plugins_json(const View& view) {
  json sets = json::object();
  json refusals = json::array();
  for (const auto& poller : view.pollers ? view.pollers->pollers : json::array()) {
    const auto set = text_in(poller, "plugin_set");
    if (const auto why = poller.contains("reload") ? text_in(poller["reload"], "problem") : "";
        !why.empty())
      refusals.push_back({{"poller", id_of(poller)}, {"why", why}});
    if (set.empty()) continue;
    auto& row = sets[set];
    row["plugin_set"] = set;
    row["pollers"].push_back(id_of(poller));
    row["plugins"] = list_in(poller, "plugins");
  }
  if (view.statistics)
    for (const auto& mark : view.statistics->hour.marks)
      if (mark.kind != MarkKind::Crash && sets.contains(mark.set_after))
        sets[mark.set_after]["since_ms"] = mark.at_ms;  // newest first: the oldest stays
  json rows = json::array();
  for (auto& [name, row] : sets.items()) rows.push_back(std::move(row));
  return {{"plugins", loaded_json(view)},
          {"sets", std::move(rows)},
          {"refusals", std::move(refusals)},
          {"marks", view.statistics ? marks_json(view.statistics->hour) : json::array()}};
}

}  // namespace actiond::web
