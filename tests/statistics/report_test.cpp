// From rows of the file to what people compare.
#include "statistics/report.hpp"

#include <doctest/doctest.h>

#include "../base/scene.hpp"
#include "statistics/retention.hpp"
#include "statistics/store.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using actiond::test::Scene;

namespace {

constexpr std::int64_t kReportNow_ms = 1'800'000'000'000;
constexpr std::int64_t kReportMinute = kReportNow_ms / 60'000;

CountRow count_of(const std::string& event, const std::string& set, OutcomeLabel outcome,
                  std::uint64_t count, std::int64_t ago_s) {
  CountRow row{kReportNow_ms / 1000 - ago_s, event, "medium", set, outcome, {}};
  row.cell.count = count;
  row.cell.run.add(10ms);
  return row;
}

Config config_of(const Scene& scene) {
  Config config;
  config.run_dir = scene.dir();
  return config;
}

}  // namespace

TEST_CASE("report: outcomes of all queues and minutes add up, by event") {
  using enum OutcomeLabel;
  const auto report =
      make_report({count_of("a", "s", Done, 2, 600), count_of("a", "s", Done, 3, 60),
                   count_of("a", "s", Failed, 4, 60), count_of("b", "s", Halted, 1, 60)},
                  {}, kReportNow_ms - 3'600'000, kReportNow_ms, "");
  REQUIRE(report.events.size() == 2);
  CHECK(report.events[0].figures.of(Done) == 5);
  CHECK(report.events[0].figures.of(Failed) == 4);
  CHECK(report.events[0].figures.all() == 9);
  CHECK(report.events[0].figures.run.count() == 3);
  CHECK(report.events[1].event == "b");
}

TEST_CASE("report: of one event alone") {
  const auto report = make_report({count_of("a", "s", OutcomeLabel::Done, 2, 600),
                                   count_of("b", "s", OutcomeLabel::Done, 1, 60)},
                                  {}, kReportNow_ms - 3'600'000, kReportNow_ms, "b");
  REQUIRE(report.events.size() == 1);
  CHECK(report.events[0].event == "b");
}

TEST_CASE("report: plugin sets side by side, the older first, each with its crashes") {
  const auto report = make_report(
      {count_of("a", "z_old", OutcomeLabel::Done, 2, 600),
       count_of("a", "a_new", OutcomeLabel::Done, 1, 60)},
      {{MarkKind::Crash, kReportNow_ms - 50'000, "box/1", "a_new", "a_new", "a", "a.so", "why", 3},
       {MarkKind::Swap, kReportNow_ms - 60'000, "box/1", "z_old", "a_new", "", "", "", 1}},
      kReportNow_ms - 3'600'000, kReportNow_ms, "");
  REQUIRE(report.events.size() == 1);
  const auto& event = report.events[0];
  REQUIRE(event.sets.size() == 2);
  CHECK(event.sets[0].plugin_set == "z_old");
  CHECK(event.sets[1].plugin_set == "a_new");
  CHECK(event.sets[1].since_ms == kReportNow_ms - 60'000);
  CHECK(event.sets[0].figures.crashes == 0);
  CHECK(event.sets[1].figures.crashes == 3);
  CHECK(event.figures.crashes == 3);
}

TEST_CASE("report: plugin sets of one minute stand in the order of their deploys") {
  const auto now = kReportNow_ms;
  const auto order = [](const std::string& first, const std::string& second) {
    const auto report =
        make_report({count_of("a", "a_set", OutcomeLabel::Done, 1, 60),
                     count_of("a", "b_set", OutcomeLabel::Done, 1, 60)},
                    {{MarkKind::Swap, now - 30'000, "box/1", first, second, "", "", "", 1},
                     {MarkKind::Swap, now - 90'000, "box/1", second, first, "", "", "", 1}},
                    now - 3'600'000, now, "");
    return report.events.at(0).sets.at(0).plugin_set;
  };
  CHECK(order("a_set", "b_set") == "a_set");
  CHECK(order("b_set", "a_set") == "b_set");
}

TEST_CASE("report: the series runs from the first to the last of its time") {
  const auto report = make_report({count_of("a", "s", OutcomeLabel::Done, 7, 3600),
                                   count_of("a", "s", OutcomeLabel::Done, 5, 0)},
                                  {}, kReportNow_ms - 3'600'000, kReportNow_ms, "");
  CHECK(report.events[0].figures.series.front() == 7);
  CHECK(report.events[0].figures.series.back() == 5);
}

TEST_CASE("report: without a file nothing has been counted") {
  const Scene scene;
  const auto report = read_report(config_of(scene), 1h, kReportNow_ms, "");
  REQUIRE(report);
  CHECK(report->events.empty());
}

TEST_CASE("report: from minutes where they reach back, else from hours") {
  const Scene scene;
  auto opened = Store::open(statistics_path(scene.dir()), {});
  REQUIRE(opened.store);
  Delta delta;
  for (const std::int64_t ago : {1, 30, 100 * 60})
    delta.cells[{kReportMinute - ago, "a", "medium", "s", OutcomeLabel::Done}].count = 1;
  delta.marks.push_back({MarkKind::Swap, kReportNow_ms - 1000, "box/1", "r", "s", "", "", "", 1});
  REQUIRE(opened.store->add(delta, kReportNow_ms) == Store::Added::Yes);
  const auto all = [&](std::chrono::milliseconds since) {
    const auto report = read_report(config_of(scene), since, kReportNow_ms, "");
    REQUIRE(report);
    CHECK(report->marks.size() == 1);
    return report->events.at(0).figures.all();
  };
  CHECK(all(10min) == 1);
  CHECK(all(1h) == 2);
  CHECK(all(30 * 24h) == 3);
}

TEST_CASE("report: a file that is no statistics is an error, not a crash") {
  const Scene scene;
  scene.write("statistics.db", std::string(9000, 'x'));
  const auto report = read_report(config_of(scene), 1h, kReportNow_ms, "");
  REQUIRE(!report);
  CHECK(report.error().text.find("the statistics file") == 0);
}

TEST_CASE("report: as JSON") {
  const auto report =
      make_report({count_of("a", "s", OutcomeLabel::TimedOut, 2, 60)},
                  {{MarkKind::Refusal, kReportNow_ms, "box/1", "s", "", "", "", "why", 1}},
                  kReportNow_ms - 3'600'000, kReportNow_ms, "");
  const auto shown = report_json(report);
  const auto& event = shown["events"][0];
  CHECK(event["event"] == "a");
  CHECK(event["outcomes"]["timed_out"] == 2);
  CHECK(event["outcomes"].size() == kOutcomeLabels);
  CHECK(event["run_ms"]["count"] == 1);
  CHECK(event["run_ms"]["mean"] == 10);
  CHECK(event["wait_ms"].is_null());
  CHECK(event["sets"][0]["plugin_set"] == "s");
  CHECK(event["series"].size() == kReportBins);
  CHECK(shown["marks"][0]["kind"] == "refusal");
  CHECK(shown["marks"][0]["text"] == "why");
}
