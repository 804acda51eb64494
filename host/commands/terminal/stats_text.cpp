#include "commands/terminal/stats_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "commands/terminal/sparkline.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

using Row = std::vector<std::string>;

constexpr int kMostMarksShown = 10;

template <typename Times>
std::string percentiles_text(const Times& times) {
  if (times.count() == 0) return "-";
  return fmt::format("{} {} {}", estimate_text(percentile(times, 0.5)),
                     estimate_text(percentile(times, 0.95)),
                     estimate_text(percentile(times, 0.99)));
}

Row row_of(const std::string& title, const Figures& figures) {
  const auto sum = [&](std::initializer_list<OutcomeLabel> labels) {
    std::uint64_t all = 0;
    for (const auto label : labels) all += figures.of(label);
    return std::to_string(all);
  };
  using enum OutcomeLabel;
  return {title,
          sum({Done, Halted}),
          sum({Failed, TimedOut}),
          sum({Dead, Discarded}),
          std::to_string(figures.crashes),
          percentiles_text(figures.run),
          percentiles_text(figures.wait),
          sparkline(figures.series)};
}

std::string set_title(const SetFigures& set) {
  return fmt::format("  set {} from {}", set.plugin_set.empty() ? "-" : set.plugin_set,
                     format_local_time(set.since_ms).substr(5, 11));
}

std::string mark_text(const Mark& mark) {
  const auto change = mark.set_before == mark.set_after
                          ? fmt::format("set {}", mark.set_after)
                          : fmt::format("set {} → {}", mark.set_before, mark.set_after);
  return fmt::format("{} {} on poller {}: {}{}{}{}\n", format_local_time(mark.at_ms).substr(0, 19),
                     name(mark.kind), printable(mark.poller), printable(change),
                     mark.count > 1 ? fmt::format(", {} times", mark.count) : "",
                     mark.text.empty() ? "" : ": ", printable(mark.text));
}

std::string marks_text(const std::vector<Mark>& marks) {
  std::string text;
  int shown = 0;
  for (const auto& mark : marks)
    if (mark.kind != MarkKind::Crash && shown++ < kMostMarksShown) text += mark_text(mark);
  if (shown > kMostMarksShown)
    text += fmt::format("and {} before: actiond stats --json\n", shown - kMostMarksShown);
  return text.empty() ? "" : "\n" + text;
}

}  // namespace

std::string estimate_text(std::optional<double> ms) {
  if (!ms) return "-";
  if (*ms >= static_cast<double>(kRunBounds_ms.back())) return "≥5m";
  if (*ms < 10) return fmt::format("{:.1f}ms", *ms);
  return format_duration(std::chrono::milliseconds(std::llround(*ms)));
}

std::string stats_text(const Report& report, bool is_by_set) {
  const auto span = format_duration(std::chrono::milliseconds(report.until_ms - report.since_ms));
  if (report.events.empty())
    return fmt::format("no event has ended in the last {}\n", span) + marks_text(report.marks);
  std::vector<Row> rows;
  for (const auto& event : report.events) {
    rows.push_back(row_of(event.event, event.figures));
    if (event.sets.size() < 2 && !is_by_set) continue;
    for (const auto& set : event.sets) rows.push_back(row_of(set_title(set), set.figures));
  }
  return format_table({{"EVENT"},
                       {"DONE", true},
                       {"FAILED", true},
                       {"DEAD", true},
                       {"CRASHED", true},
                       {"RUN P50 P95 P99", true},
                       {"WAIT P50 P95 P99", true},
                       {"LAST " + span}},
                      rows) +
         marks_text(report.marks);
}

}  // namespace actiond
