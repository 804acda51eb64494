#include "commands/terminal/status_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/json_parts.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using nlohmann::json;

// "send_email for 3.2s", of the one that runs longest: it is the one to be asked about.
std::string in_hand_text(const json& poller) {
  const auto& runs = list_in(poller, "in_hand");
  const json* longest = nullptr;
  for (const auto& run : runs)
    if (longest == nullptr || number_in(run, "for_ms") > number_in(*longest, "for_ms"))
      longest = &run;
  if (longest == nullptr) return "-";
  const std::chrono::milliseconds run_time(
      std::max<std::int64_t>(0, number_in(*longest, "for_ms")));
  return fmt::format("{} for {}{}", shown_in(*longest, "event"), format_duration(run_time),
                     runs.size() > 1 ? fmt::format(" (and {} more)", runs.size() - 1) : "");
}

std::string plugins_text(const json& poller) {
  std::string all;
  for (const auto& plugin : list_in(poller, "plugins")) {
    const auto version = shown_in(plugin, "version");
    all += fmt::format("{}{}{}{}", all.empty() ? "" : ", ", shown_in(plugin, "name"),
                       version.empty() ? "" : " ", version);
  }
  return all;
}

std::string set_text(const json& poller) {
  const auto set = shown_in(poller, "plugin_set");
  return set.empty() ? "-" : set;
}

std::string since_text(const json& poller) {
  const auto since_ms = number_in(poller, "up_since_ms");
  return since_ms == 0 ? "-" : format_local_time(since_ms).substr(0, 19);
}

// "17", or of one that was asked over the broker "box4/17".
std::string id_text(const json& poller) {
  if (const auto name = shown_in(poller, "poller"); !name.empty()) return printable(name);
  const auto id = shown_in(poller, "id");
  return id.empty() ? "-" : id;
}

// " (pid 4711)", of one that has told it.
std::string pid_text(const json& poller) {
  const auto pid = shown_in(poller, "pid");
  return pid.empty() ? "" : fmt::format(" (pid {})", printable(pid));
}

// "3 of 1..16"; empty where the number is fixed, or not told.
std::string runners_text(const json& poller) {
  const auto least = number_in(poller, "concurrency_min"), most = number_in(poller, "concurrency");
  if (least == 0 || least == most) return "";
  return fmt::format("{} of {}..{}", list_in(poller, "runners").size(), least, most);
}

std::string problem_text(const json& poller) {
  const auto problem = shown_in(poller, "problem");
  if (problem.empty()) return "";
  return fmt::format("poller {}{}: {}\n", id_text(poller), pid_text(poller), printable(problem));
}

// The runners' column is there if any poller has a range.
std::string pollers_text(const json& pollers, const char* none) {
  if (pollers.empty()) return none;
  const bool has_range = std::any_of(pollers.begin(), pollers.end(), [](const json& poller) {
    return !runners_text(poller).empty();
  });
  std::vector<Column> columns{{"ID", true}, {"PID", true}, {"STATE"}};
  if (has_range) columns.push_back({"RUNNERS"});
  for (const Column& column :
       {Column{"EVENT IN HAND"}, Column{"DONE", true}, Column{"FAILED", true}, Column{"UP SINCE"},
        Column{"SET"}, Column{"PLUGINS"}})
    columns.push_back(column);
  std::vector<std::vector<std::string>> rows;
  std::string problems;
  for (const auto& poller : pollers) {
    auto& row = rows.emplace_back();
    row = {id_text(poller), shown_in(poller, "pid"), shown_in(poller, "state")};
    if (has_range) row.push_back(runners_text(poller));
    row.insert(row.end(),
               {in_hand_text(poller), shown_in(poller, "done"), shown_in(poller, "failed"),
                since_text(poller), set_text(poller), plugins_text(poller)});
    problems += problem_text(poller);
  }
  return format_table(columns, rows) + problems;
}

// "-" for what the broker can't tell.
std::string count_text(const json& queue, const char* key) {
  const auto count = shown_in(queue, key);
  return count.empty() ? "-" : count;
}

// "queue high is paused since 2026-11-26 01:30:00 by root@box: too much mail", or nothing.
std::string pause_text(const json& queue) {
  const auto pause = queue.value("pause", json());
  if (!pause.is_object()) return "";
  const auto since_ms = number_in(pause, "at_ms");
  const auto by = shown_in(pause, "by"), reason = shown_in(pause, "reason");
  return fmt::format("queue {} is paused{}{}{}\n", shown_in(queue, "name"),
                     since_ms == 0 ? "" : " since " + format_local_time(since_ms).substr(0, 19),
                     by.empty() ? "" : " by " + printable(by),
                     reason.empty() ? "" : ": " + printable(reason));
}

// The columns that only some brokers can fill are there if one does.
std::string queues_text(const json& status) {
  const auto& queues = list_in(status, "queues");
  const auto any_has = [&](const char* key) {
    return std::any_of(queues.begin(), queues.end(),
                       [key](const json& queue) { return queue.contains(key); });
  };
  const bool tells_all = any_has("in_hand"), has_trend = any_has("trend");
  std::vector<std::vector<std::string>> rows;
  std::string problems;
  for (const auto& queue : queues) {
    auto& row = rows.emplace_back();
    row = {shown_in(queue, "name"), count_text(queue, "ready")};
    if (has_trend) row.push_back(count_text(queue, "trend"));
    row.push_back(shown_in(queue, "consumers"));
    if (tells_all)
      for (const char* key : {"later", "in_hand", "done", "failed"})
        row.push_back(count_text(queue, key));
    problems += pause_text(queue);
    if (const auto problem = shown_in(queue, "problem"); !problem.empty())
      problems += fmt::format("queue {}: {}\n", shown_in(queue, "name"), printable(problem));
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
  if (const auto error = shown_in(broker, "error"); !error.empty())
    return fmt::format("the broker can't be reached: {}\n", printable(error));
  return queues_text(status) + fmt::format("broker {}\n", printable(shown_in(broker, "name")));
}

}  // namespace

std::string status_text(const json& status) {
  const auto fleet = status.value("fleet", json::object());
  const auto summary = shown_in(fleet, "summary");
  const char* const none = summary.empty()
                               ? "no poller runs: start one with actiond start --id 1\n"
                               : "no poller is known there: is the machine's name right?\n";
  return pollers_text(list_in(status, "pollers"), none) +
         (summary.empty() ? "" : printable(summary) + "\n") + "\n" + broker_text(status);
}

}  // namespace actiond
