#include "commands/terminal/status_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using nlohmann::json;

// Pollers of other versions may answer otherwise: nothing here is taken for granted.
std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::int64_t number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

const json& list(const json& object, const char* key) {
  static const json none = json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : none;
}

// "send_email for 3.2s", of the one that runs longest: it is the one to be asked about.
std::string in_hand_text(const json& poller) {
  const auto& runs = list(poller, "in_hand");
  const json* longest = nullptr;
  for (const auto& run : runs)
    if (longest == nullptr || number(run, "for_ms") > number(*longest, "for_ms")) longest = &run;
  if (longest == nullptr) return "-";
  const std::chrono::milliseconds run_time(std::max<std::int64_t>(0, number(*longest, "for_ms")));
  return fmt::format("{} for {}{}", text(*longest, "event"), format_duration(run_time),
                     runs.size() > 1 ? fmt::format(" (and {} more)", runs.size() - 1) : "");
}

std::string plugins_text(const json& poller) {
  std::string all;
  for (const auto& plugin : list(poller, "plugins"))
    all += fmt::format("{}{} {}", all.empty() ? "" : ", ", text(plugin, "name"),
                       text(plugin, "version"));
  return all;
}

std::string set_text(const json& poller) {
  const auto set = text(poller, "plugin_set");
  return set.empty() ? "-" : set;
}

std::string since_text(const json& poller) {
  const auto since_ms = number(poller, "up_since_ms");
  return since_ms == 0 ? "-" : format_local_time(since_ms).substr(0, 19);
}

std::string id_text(const json& poller) {
  const auto id = text(poller, "id");
  return id.empty() ? "-" : id;
}

std::string pollers_text(const json& pollers) {
  if (pollers.empty()) return "no poller runs: start one with actiond start --id 1\n";
  std::vector<std::vector<std::string>> rows;
  std::string problems;
  for (const auto& poller : pollers) {
    rows.push_back({id_text(poller), text(poller, "pid"), text(poller, "state"),
                    in_hand_text(poller), text(poller, "done"), text(poller, "failed"),
                    since_text(poller), set_text(poller), plugins_text(poller)});
    if (const auto problem = text(poller, "problem"); !problem.empty())
      problems += fmt::format("poller {} (pid {}): {}\n", id_text(poller), text(poller, "pid"),
                              printable(problem));
  }
  return format_table({{"ID", true},
                       {"PID", true},
                       {"STATE"},
                       {"EVENT IN HAND"},
                       {"DONE", true},
                       {"FAILED", true},
                       {"UP SINCE"},
                       {"SET"},
                       {"PLUGINS"}},
                      rows) +
         problems;
}

// "-" for what the broker can't tell.
std::string count_text(const json& queue, const char* key) {
  const auto count = text(queue, key);
  return count.empty() ? "-" : count;
}

// "queue high is paused since 2026-11-26 01:30:00 by root@box: too much mail", or nothing.
std::string pause_text(const json& queue) {
  const auto pause = queue.value("pause", json());
  if (!pause.is_object()) return "";
  const auto since_ms = number(pause, "at_ms");
  const auto by = text(pause, "by"), reason = text(pause, "reason");
  return fmt::format("queue {} is paused{}{}{}\n", text(queue, "name"),
                     since_ms == 0 ? "" : " since " + format_local_time(since_ms).substr(0, 19),
                     by.empty() ? "" : " by " + printable(by),
                     reason.empty() ? "" : ": " + printable(reason));
}

// The columns that only some brokers can fill are there if one does.
std::string queues_text(const json& status) {
  const auto& queues = list(status, "queues");
  const auto any_has = [&](const char* key) {
    return std::any_of(queues.begin(), queues.end(),
                       [key](const json& queue) { return queue.contains(key); });
  };
  const bool tells_all = any_has("in_hand"), has_trend = any_has("trend");
  std::vector<std::vector<std::string>> rows;
  std::string problems;
  for (const auto& queue : queues) {
    auto& row = rows.emplace_back();
    row = {text(queue, "name"), count_text(queue, "ready")};
    if (has_trend) row.push_back(count_text(queue, "trend"));
    row.push_back(text(queue, "consumers"));
    if (tells_all)
      for (const char* key : {"later", "in_hand", "done", "failed"})
        row.push_back(count_text(queue, key));
    problems += pause_text(queue);
    if (const auto problem = text(queue, "problem"); !problem.empty())
      problems += fmt::format("queue {}: {}\n", text(queue, "name"), printable(problem));
  }
  std::vector<Column> columns{{"QUEUE"}, {"READY", true}};
  if (has_trend) columns.push_back({"TREND", true});
  columns.push_back({"CONSUMERS", true});
  if (tells_all)
    for (const char* title : {"LATER", "IN HAND", "DONE", "FAILED"})
      columns.push_back({title, true});
  return format_table(columns, rows) + problems;
}

std::string broker_text(const json& status) {
  const auto broker = status.value("broker", json::object());
  if (const auto error = text(broker, "error"); !error.empty())
    return fmt::format("the broker can't be reached: {}\n", printable(error));
  return queues_text(status) + fmt::format("broker {}\n", printable(text(broker, "name")));
}

}  // namespace

std::string status_text(const json& status) {
  return pollers_text(list(status, "pollers")) + "\n" + broker_text(status);
}

}  // namespace actiond
