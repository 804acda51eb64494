#include "commands/terminal/watch_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/json_parts.hpp"
#include "commands/terminal/status_text.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using nlohmann::json;

constexpr std::int64_t kTrend_ms = 60'000;
constexpr std::size_t kMostRuns = 10;
constexpr std::size_t kMostFailures = 5;

// What all pollers have under `key`, each with its poller's id; the greatest `by` first.
std::vector<json> gathered(const json& picture, const char* key, const char* by) {
  std::vector<json> all;
  for (const auto& poller : list_in(picture, "pollers"))
    for (json each : list_in(poller, key)) {
      if (!each.is_object()) continue;
      const auto name = text_in(poller, "poller"), id = shown_in(poller, "id");
      each["poller"] = !name.empty() ? name : id.empty() ? "console" : id;
      all.push_back(std::move(each));
    }
  std::stable_sort(all.begin(), all.end(), [by](const json& one, const json& other) {
    return decimal_in(one, by) > decimal_in(other, by);
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
        std::max<std::int64_t>(0, static_cast<std::int64_t>(decimal_in(run, "for_ms"))));
    rows.push_back({shown_in(run, "queue") + ":" + shown_in(run, "event"),
                    format_duration(run_time), shown_in(run, "attempt"), shown_in(run, "poller"),
                    shown_in(run, "id")});
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
        {format_local_time(static_cast<std::int64_t>(decimal_in(failure, "at_ms"))).substr(0, 19),
         shown_in(failure, "event"), shown_in(failure, "attempt"), shown_in(failure, "poller"),
         shown_in(failure, "error")});
  }
  if (rows.empty()) return "";
  return "\n" +
         format_table({{"FAILED AT"}, {"EVENT"}, {"ATTEMPT", true}, {"POLLER"}, {"WHY"}}, rows);
}

}  // namespace

void Trends::add(const json& picture, std::int64_t now_ms) {
  Seen now{now_ms, {}, {}};
  for (const auto& queue : list_in(picture, "queues"))
    if (queue.contains("ready") && queue["ready"].is_number())
      now.ready[shown_in(queue, "name")] = decimal_in(queue, "ready");
  for (const auto& poller : list_in(picture, "pollers"))
    now.pollers[static_cast<std::int64_t>(decimal_in(poller, "pid"))] = {
        decimal_in(poller, "done"), decimal_in(poller, "failed")};
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
    for (auto& queue : shown["queues"]) queue["trend"] = trends.of_queue(shown_in(queue, "name"));
  std::vector<ScreenLine> lines;
  add_text(lines, fmt::format("{}  {:.1f} done/s, {:.1f} failed/s\n\n", time,
                              trends.done_a_second(), trends.failed_a_second()));
  add_text(lines, status_text(shown));
  add_text(lines, runs_text(gathered(picture, "in_hand", "for_ms")));
  add_text(lines, failures_text(gathered(picture, "failures", "at_ms")));
  return lines;
}

}  // namespace actiond
