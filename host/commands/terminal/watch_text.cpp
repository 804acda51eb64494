#include "commands/terminal/watch_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "commands/terminal/status_text.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using nlohmann::json;

constexpr std::int64_t kTrend_ms = 60'000;
constexpr std::size_t kMostRuns = 10;
constexpr std::size_t kMostFailures = 5;

// Pollers of other versions may answer otherwise: nothing here is taken for granted.
std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

double number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

const json& list_at(const json& object, const char* key) {
  static const json kNone = json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

// What all pollers have under `key`, each with its poller's id; the greatest `by` first.
std::vector<json> gathered(const json& picture, const char* key, const char* by) {
  std::vector<json> all;
  for (const auto& poller : list_at(picture, "pollers"))
    for (json each : list_at(poller, key)) {
      if (!each.is_object()) continue;
      each["poller"] = text_at(poller, "id").empty() ? "console" : text_at(poller, "id");
      all.push_back(std::move(each));
    }
  std::stable_sort(all.begin(), all.end(), [by](const json& one, const json& other) {
    return number_at(one, by) > number_at(other, by);
  });
  return all;
}

LineStyle style_of(const std::string& line) {
  for (const char* title : {"ID ", "QUEUE ", "RUNNING ", "FAILED AT "})
    if (line.find(title) < 4) return LineStyle::Title;
  for (const char* alarm : {"poller ", "queue ", "the broker can't", "no poller"})
    if (line.starts_with(alarm)) return LineStyle::Alarm;
  return LineStyle::Plain;
}

void add_text(std::vector<ScreenLine>& lines, const std::string& text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    lines.push_back({line, style_of(line)});
    begin = end + 1;
  }
}

std::string runs_text(const std::vector<json>& runs) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& run : runs) {
    if (rows.size() == kMostRuns) break;
    const std::chrono::milliseconds run_time(
        std::max<std::int64_t>(0, static_cast<std::int64_t>(number_at(run, "for_ms"))));
    rows.push_back({text_at(run, "queue") + ":" + text_at(run, "event"), format_duration(run_time),
                    text_at(run, "attempt"), text_at(run, "poller"), text_at(run, "id")});
  }
  if (rows.empty()) return "";
  return "\n" +
         format_table({{"RUNNING"}, {"FOR", true}, {"ATTEMPT", true}, {"POLLER"}, {"ID"}}, rows);
}

std::string failures_text(const std::vector<json>& failures) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& failure : failures) {
    if (rows.size() == kMostFailures) break;
    rows.push_back(
        {format_local_time(static_cast<std::int64_t>(number_at(failure, "at_ms"))).substr(0, 19),
         text_at(failure, "event"), text_at(failure, "attempt"), text_at(failure, "poller"),
         text_at(failure, "error")});
  }
  if (rows.empty()) return "";
  return "\n" +
         format_table({{"FAILED AT"}, {"EVENT"}, {"ATTEMPT", true}, {"POLLER"}, {"WHY"}}, rows);
}

}  // namespace

void Trends::add(const json& picture, std::int64_t now_ms) {
  Seen now{now_ms, {}, {}};
  for (const auto& queue : list_at(picture, "queues"))
    if (queue.contains("ready") && queue["ready"].is_number())
      now.ready[text_at(queue, "name")] = number_at(queue, "ready");
  for (const auto& poller : list_at(picture, "pollers"))
    now.pollers[static_cast<std::int64_t>(number_at(poller, "pid"))] = {
        number_at(poller, "done"), number_at(poller, "failed")};
  if (!seen_.empty()) compare(seen_.back(), now);
  seen_.push_back(std::move(now));
  while (seen_.front().at_ms < now_ms - kTrend_ms) seen_.pop_front();
}

// A poller that is new, or has just been replaced, says nothing of a second yet.
void Trends::compare(const Seen& before, const Seen& now) {
  double done = 0, failed = 0;
  for (const auto& [pid, counts] : now.pollers) {
    const auto then = before.pollers.find(pid);
    if (then == before.pollers.end()) continue;
    done += std::max(0.0, counts.first - then->second.first);
    failed += std::max(0.0, counts.second - then->second.second);
  }
  const auto seconds =
      static_cast<double>(std::max<std::int64_t>(1, now.at_ms - before.at_ms)) / 1e3;
  done_a_second_ = done / seconds;
  failed_a_second_ = failed / seconds;
}

std::string Trends::of_queue(const std::string& queue) const {
  if (seen_.size() < 2) return "";
  const auto& first = seen_.front();
  const auto& last = seen_.back();
  const auto then = first.ready.find(queue);
  const auto now = last.ready.find(queue);
  if (then == first.ready.end() || now == last.ready.end()) return "";
  const auto minutes = static_cast<double>(last.at_ms - first.at_ms) / 60'000;
  const auto change = std::llround((now->second - then->second) / std::max(minutes, 1e-3));
  return change == 0 ? "steady" : fmt::format("{:+}/min", change);
}

std::vector<ScreenLine> watch_lines(const json& picture, const Trends& trends,
                                    const std::string& time) {
  json shown = picture;
  if (shown.contains("queues"))
    for (auto& queue : shown["queues"]) queue["trend"] = trends.of_queue(text_at(queue, "name"));
  std::vector<ScreenLine> lines;
  add_text(lines, fmt::format("{}  {:.1f} done/s, {:.1f} failed/s\n\n", time,
                              trends.done_a_second(), trends.failed_a_second()));
  add_text(lines, status_text(shown));
  add_text(lines, runs_text(gathered(picture, "in_hand", "for_ms")));
  add_text(lines, failures_text(gathered(picture, "failures", "at_ms")));
  return lines;
}

}  // namespace actiond
