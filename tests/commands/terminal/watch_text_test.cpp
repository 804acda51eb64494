#include "commands/terminal/watch_text.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using nlohmann::json;

namespace {

json picture_of(int ready, int done, int failed = 0) {
  return {{"broker", {{"name", "amqp://box"}}},
          {"queues", {{{"name", "high"}, {"ready", ready}, {"consumers", 1}}}},
          {"pollers",
           {{{"id", 1},
             {"pid", 4711},
             {"state", "working"},
             {"done", done},
             {"failed", failed},
             {"in_hand",
              {{{"event", "report"}, {"queue", "low"}, {"id", "i1"}, {"attempt", 1}, {"for_ms", 5}},
               {{"event", "resize"},
                {"queue", "high"},
                {"id", "i2"},
                {"attempt", 2},
                {"for_ms", 65'000}}}},
             {"failures",
              {{{"event", "mail"},
                {"id", "i3"},
                {"attempt", 3},
                {"at_ms", 1'800'000'000'000},
                {"error", "no route\x1b[2J"}}}}}}}};
}

std::string text_of(const std::vector<ScreenLine>& lines) {
  std::string text;
  for (const auto& line : lines) text += line.text + "\n";
  return text;
}

}  // namespace

TEST_CASE("watch: rates are of the time since the picture before") {
  Trends trends;
  trends.add(picture_of(0, 100), 0);
  CHECK(trends.done_a_second() == 0);
  trends.add(picture_of(0, 140, 4), 2000);
  CHECK(trends.done_a_second() == doctest::Approx(20));
  CHECK(trends.failed_a_second() == doctest::Approx(2));
}

TEST_CASE("watch: a poller that was replaced counts from zero, and is no drop") {
  Trends trends;
  trends.add(picture_of(0, 100), 0);
  trends.add(picture_of(0, 3), 1000);
  CHECK(trends.done_a_second() == 0);
  auto other = picture_of(0, 500);
  other["pollers"][0]["pid"] = 4712;
  trends.add(other, 2000);
  CHECK(trends.done_a_second() == 0);
}

TEST_CASE("watch: a queue's trend is of the last minute") {
  Trends trends;
  CHECK(trends.of_queue("high") == "");
  trends.add(picture_of(1000, 0), 0);
  trends.add(picture_of(0, 0), 30'000);
  CHECK(trends.of_queue("high") == "-2000/min");
  trends.add(picture_of(0, 0), 89'000);
  CHECK(trends.of_queue("high") == "steady");
  CHECK(trends.of_queue("nowhere") == "");
}

TEST_CASE("watch: what runs longest stands first, failures below") {
  Trends trends;
  const auto text = text_of(watch_lines(picture_of(7, 1), trends, "2026-01-31 18:15:40"));
  CHECK(text.starts_with("2026-01-31 18:15:40  0.0 done/s, 0.0 failed/s\n"));
  CHECK(text.find("high:resize  1m5s        2  1       i2\nlow:report") != std::string::npos);
  CHECK(text.find("mail         3  1       no route\\x1b[2J") != std::string::npos);
  CHECK(text.find("QUEUE  READY  TREND  CONSUMERS") != std::string::npos);
}

TEST_CASE("watch: titles and what needs a person are set off") {
  Trends trends;
  auto picture = picture_of(7, 1);
  picture["pollers"][0]["problem"] = "the change was refused";
  int titles = 0, alarms = 0;
  for (const auto& line : watch_lines(picture, trends, "now")) {
    titles += line.style == LineStyle::Title ? 1 : 0;
    alarms += line.style == LineStyle::Alarm ? 1 : 0;
  }
  CHECK(titles == 4);
  CHECK(alarms == 1);
}

TEST_CASE("watch: answers that make no sense are no harm") {
  Trends trends;
  for (const auto& odd :
       {json::object(), json{{"pollers", 3}}, json{{"pollers", {1, "x"}}, {"queues", {nullptr}}}}) {
    trends.add(odd, 0);
    CHECK(!watch_lines(odd, trends, "now").empty());
  }
}
