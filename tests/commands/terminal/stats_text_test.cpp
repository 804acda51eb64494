#include "commands/terminal/stats_text.hpp"

#include <doctest/doctest.h>

#include <array>

#include "commands/terminal/sparkline.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kNow_ms = 1'800'000'000'000;

CountRow row_of(const std::string& set, OutcomeLabel outcome, std::uint64_t count,
                std::chrono::milliseconds run, std::int64_t at_s) {
  CountRow row{at_s, "send_email", "medium", set, outcome, {}};
  row.cell.count = count;
  for (std::uint64_t i = 0; i < count; ++i) row.cell.run.add(run);
  return row;
}

Report report_of(const std::vector<CountRow>& rows, std::vector<Mark> marks = {}) {
  return make_report(rows, std::move(marks), kNow_ms - 3'600'000, kNow_ms, "");
}

constexpr std::int64_t kEarly_s = kNow_ms / 1000 - 3000;
constexpr std::int64_t kLate_s = kNow_ms / 1000 - 60;

}  // namespace

TEST_CASE("stats text: times as people say them") {
  CHECK(estimate_text(std::nullopt) == "-");
  CHECK(estimate_text(0.25) == "0.2ms");
  CHECK(estimate_text(7.36) == "7.4ms");
  CHECK(estimate_text(123.4) == "123ms");
  CHECK(estimate_text(3456) == "3.4s");
  CHECK(estimate_text(300'000) == "≥5m");
}

TEST_CASE("stats text: sparklines") {
  const std::array<std::uint64_t, 5> numbers{0, 1, 4, 8, 2};
  CHECK(sparkline(numbers) == "·▂▅█▃");
  const std::array<std::uint64_t, 3> none{0, 0, 0};
  CHECK(sparkline(none) == "···");
}

TEST_CASE("stats text: nothing ran") {
  CHECK(stats_text(report_of({}), false) == "no event has ended in the last 1h\n");
}

TEST_CASE("stats text: one plugin set is one line") {
  const auto text = stats_text(report_of({row_of("old", OutcomeLabel::Done, 12, 6ms, kEarly_s),
                                          row_of("old", OutcomeLabel::Dead, 2, 6ms, kEarly_s)}),
                               false);
  CHECK(text.find("send_email    12       0     2        0") != std::string::npos);
  CHECK(text.find("set old") == std::string::npos);
}

TEST_CASE("stats text: a slower deploy shows beside the one before it") {
  const auto text = stats_text(
      report_of({row_of("old", OutcomeLabel::Done, 100, 6ms, kEarly_s),
                 row_of("new", OutcomeLabel::Done, 50, 40ms, kLate_s)},
                {{MarkKind::Swap, kNow_ms - 60'000, "box/1", "old", "new", "", "", "", 1}}),
      false);
  const auto old_at = text.find("  set old from");
  const auto new_at = text.find("  set new from");
  REQUIRE(old_at != std::string::npos);
  REQUIRE(new_at != std::string::npos);
  CHECK(old_at < new_at);
  CHECK(text.find("6.5ms 7.8ms 8.0ms", old_at) < new_at);
  CHECK(text.find("48ms 59ms 60ms", new_at) != std::string::npos);
  CHECK(text.find("swap on poller box/1: set old → new") != std::string::npos);
}

TEST_CASE("stats text: what others wrote is printed as text") {
  auto rows = {row_of("old", OutcomeLabel::Done, 1, 1ms, kEarly_s)};
  auto report = report_of(rows);
  report.events[0].event = "a\x1b[31m";
  CHECK(stats_text(report, false).find('\x1b') == std::string::npos);
}
