#include "statistics/report.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "base/clock.hpp"
#include "statistics/retention.hpp"
#include "statistics/store.hpp"

namespace actiond {
namespace {

using nlohmann::json;

constexpr int kMostMarks = 1000;

struct Building {
  Figures figures;
  std::vector<SetFigures> sets;  // as they first come

  SetFigures* find(const std::string& plugin_set) {
    const auto found = std::find_if(sets.begin(), sets.end(), [&](const SetFigures& set) {
      return set.plugin_set == plugin_set;
    });
    return found == sets.end() ? nullptr : &*found;
  }
};

std::size_t bin_of(const Report& report, std::int64_t at_ms) {
  const auto span = std::max<std::int64_t>(1, report.until_ms - report.since_ms);
  const auto share = std::clamp<std::int64_t>(at_ms - report.since_ms, 0, span - 1);
  return static_cast<std::size_t>(share * static_cast<std::int64_t>(kReportBins) / span);
}

void add(Figures& figures, const CountRow& row, std::size_t bin) {
  figures.outcomes[static_cast<std::size_t>(row.outcome)] += row.cell.count;
  figures.run.add(row.cell.run);
  figures.wait.add(row.cell.wait);
  figures.series[bin] += row.cell.count;
}

template <typename Times>
json times_json(const Times& times) {
  const auto count = times.count();
  if (count == 0) return nullptr;
  return {{"count", count},
          {"mean", static_cast<double>(times.sum_us) / 1000 / static_cast<double>(count)},
          {"p50", *percentile(times, 0.5)},
          {"p95", *percentile(times, 0.95)},
          {"p99", *percentile(times, 0.99)}};
}

json figures_json(const Figures& figures) {
  json outcomes = json::object();
  for (int i = 0; i < kOutcomeLabels; ++i)
    outcomes[std::string(name(static_cast<OutcomeLabel>(i)))] = figures.outcomes[i];
  return {{"outcomes", std::move(outcomes)},     {"events", figures.all()},
          {"crashes", figures.crashes},          {"run_ms", times_json(figures.run)},
          {"wait_ms", times_json(figures.wait)}, {"series", figures.series}};
}

json event_json(const EventFigures& event) {
  json object = figures_json(event.figures);
  object["event"] = event.event;
  object["sets"] = json::array();
  for (const auto& set : event.sets) {
    json each = figures_json(set.figures);
    each["plugin_set"] = set.plugin_set;
    each["since_ms"] = set.since_ms;
    object["sets"].push_back(std::move(each));
  }
  return object;
}

json mark_json(const Mark& mark) {
  return {{"kind", name(mark.kind)},
          {"at_ms", mark.at_ms},
          {"at", format_rfc3339(mark.at_ms)},
          {"poller", mark.poller},
          {"set_before", mark.set_before},
          {"set_after", mark.set_after},
          {"event", mark.event},
          {"plugin", mark.plugin},
          {"text", mark.text},
          {"count", mark.count}};
}

void count_crash(std::map<std::string, Building>& events, const Mark& mark) {
  const auto found = events.find(mark.event);
  if (mark.kind != MarkKind::Crash || found == events.end()) return;
  found->second.figures.crashes += mark.count;
  if (auto* set = found->second.find(mark.set_after)) set->figures.crashes += mark.count;
}

// When it was deployed, if that is known of this stretch.
std::int64_t deployed_ms(const SetFigures& set, const std::vector<Mark>& marks) {
  std::int64_t at_ms = set.since_ms;
  for (const auto& mark : marks)
    if (mark.kind != MarkKind::Crash && mark.set_after == set.plugin_set &&
        mark.set_before != mark.set_after && mark.at_ms >= set.since_ms)
      at_ms = mark.at_ms;  // the newest come first: the last one found is the oldest
  return at_ms;
}

// Counts are to the step; which of two sets of one step was the first, their deploys tell.
EventFigures finished(const std::string& event, Building building, const std::vector<Mark>& marks) {
  EventFigures figures{event, building.figures, std::move(building.sets)};
  const auto age = [&marks](const SetFigures& set) {
    return std::pair(set.since_ms, deployed_ms(set, marks));
  };
  std::stable_sort(
      figures.sets.begin(), figures.sets.end(),
      [&age](const SetFigures& one, const SetFigures& other) { return age(one) < age(other); });
  return figures;
}

}  // namespace

std::uint64_t Figures::all() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

Report make_report(const std::vector<CountRow>& counts, std::vector<Mark> marks,
                   std::int64_t since_ms, std::int64_t until_ms, const std::string& event) {
  Report report{since_ms, until_ms, {}, std::move(marks)};
  std::map<std::string, Building> events;
  for (const auto& row : counts) {
    if (!event.empty() && row.event != event) continue;
    auto& building = events[row.event];
    const auto bin = bin_of(report, row.at_s * 1000);
    add(building.figures, row, bin);
    auto* set = building.find(row.plugin_set);
    if (set == nullptr)
      set = &building.sets.emplace_back(SetFigures{row.plugin_set, row.at_s * 1000, {}});
    set->since_ms = std::min(set->since_ms, row.at_s * 1000);
    add(set->figures, row, bin);
  }
  for (const auto& mark : report.marks) count_crash(events, mark);
  for (auto& [name, building] : events)
    report.events.push_back(finished(name, std::move(building), report.marks));
  return report;
}

Result<Report> read_report(const Config& config, std::chrono::milliseconds since,
                           std::int64_t now_ms, const std::string& event) {
  const auto reader = StatisticsReader::open(statistics_path(config.run_dir));
  if (!reader) return reader.error();
  const auto since_ms = now_ms - since.count();
  const auto step_s = step_for(since, config.statistics.value_or(StatisticsConfig{}));
  const auto counts = reader->counts(step_s, since_ms / 1000 - step_s + 1);
  if (!counts) return counts.error();
  auto marks = reader->marks(since_ms, kMostMarks);
  if (!marks) return marks.error();
  return make_report(*counts, std::move(*marks), since_ms, now_ms, event);
}

json report_json(const Report& report) {
  json events = json::array();
  for (const auto& event : report.events) events.push_back(event_json(event));
  json marks = json::array();
  for (const auto& mark : report.marks) marks.push_back(mark_json(mark));
  return {{"since_ms", report.since_ms},
          {"until_ms", report.until_ms},
          {"events", std::move(events)},
          {"marks", std::move(marks)}};
}

}  // namespace actiond
