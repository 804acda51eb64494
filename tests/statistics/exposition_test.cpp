// The metrics' names are a contract; promtool looks at the whole in tests/e2e.
#include "statistics/exposition.hpp"

#include <doctest/doctest.h>

#include "statistics/metric_lines.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

MetricsSource source() {
  MetricsSource source;
  source.version = "1.2.3";
  CountRow row{0, "send_email", "high", "", OutcomeLabel::Done, {}};
  row.cell.count = 3;
  row.cell.run.add(1500us);
  row.cell.run.add(1s);
  row.cell.run.add(1h);
  row.cell.wait.add(20ms);
  source.totals.push_back(row);
  row.outcome = OutcomeLabel::Dead;
  row.cell.run = {};
  row.cell.count = 1;
  source.totals.push_back(row);
  source.counters = {
      {"crash", "send_email", "mailer.so", 4}, {"swap", "", "", 2}, {"reconnect", "", "", 5}};
  source.status = {
      {"broker", {{"name", "amqp://box"}}},
      {"queues",
       {{{"name", "high"}, {"ready", 7}, {"consumers", 2}, {"later", 1}},
        {{"name", "low"}, {"ready", nullptr}, {"consumers", nullptr}, {"problem", "not there"}},
        {{"name", "dead"}, {"ready", 3}, {"consumers", 0}}}},
      {"pollers",
       {{{"id", 1},
         {"pid", 1},
         {"state", "working"},
         {"concurrency", 3},
         {"runners", {11, 12}},
         {"in_hand", {{{"event", "send_email"}, {"for_ms", 2500}}}},
         {"plugins", {{{"name", "mailer"}, {"hash", "1a2b"}, {"version", "2.0"}}}}},
        {{"id", 2}, {"pid", 2}, {"state", "waiting for the broker"}},
        "nonsense"}}};
  source.status["pollers"].erase(2);
  return source;
}

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics: names, labels and values are the contract's") {
  const auto text = exposition(source());
  for (const char* line :
       {"actiond_build_info{version=\"1.2.3\"} 1",
        "actiond_events_total{event=\"send_email\",queue=\"high\",outcome=\"done\"} 3",
        "actiond_events_total{event=\"send_email\",queue=\"high\",outcome=\"dead\"} 1",
        "actiond_event_duration_seconds_bucket{event=\"send_email\",le=\"0.001\"} 0",
        "actiond_event_duration_seconds_bucket{event=\"send_email\",le=\"0.002\"} 1",
        "actiond_event_duration_seconds_bucket{event=\"send_email\",le=\"300\"} 2",
        "actiond_event_duration_seconds_bucket{event=\"send_email\",le=\"+Inf\"} 3",
        "actiond_event_duration_seconds_sum{event=\"send_email\"} 3601.0015",
        "actiond_event_duration_seconds_count{event=\"send_email\"} 3",
        "actiond_event_wait_seconds_bucket{event=\"send_email\",le=\"0.025\"} 2",
        "actiond_queue_ready{queue=\"high\"} 7",
        "actiond_queue_later{queue=\"high\"} 1",
        "actiond_queue_consumers{queue=\"high\"} 2",
        "actiond_queue_paused{queue=\"low\"} 0",
        "actiond_pollers{state=\"quiet\"} 0",
        "actiond_dead_letters 3",
        "actiond_pollers{state=\"working\"} 1",
        "actiond_pollers{state=\"waiting_for_the_broker\"} 1",
        "actiond_pollers{state=\"idle\"} 0",
        "actiond_runners{state=\"busy\"} 1",
        "actiond_runners{state=\"idle\"} 1",
        "actiond_runners{state=\"missing\"} 1",
        "actiond_running_longest_seconds{event=\"send_email\"} 2.5",
        "actiond_runner_crashes_total{event=\"send_email\",plugin=\"mailer.so\"} 4",
        "actiond_swaps_total{result=\"done\"} 2",
        "actiond_swaps_total{result=\"refused\"} 0",
        "actiond_swaps_total{result=\"rolled_back\"} 0",
        "actiond_plugin_info{plugin=\"mailer\",hash=\"1a2b\",version=\"2.0\"} 1",
        "actiond_broker_connected 1",
        "actiond_broker_reconnects_total 5"}) {
    CAPTURE(line);
    CHECK(has_line("\n" + text, line));
  }
  CHECK(text.find("queue=\"dead\"") == std::string::npos);
  CHECK(text.find("actiond_queue_ready{queue=\"low\"}") == std::string::npos);
}

TEST_CASE("metrics: without a broker the rest is there") {
  auto odd = source();
  odd.status.erase("queues");
  odd.status["broker"] = {{"error", "refused"}};
  const auto text = exposition(odd);
  CHECK(has_line(text, "actiond_broker_connected 0"));
  CHECK(text.find("\nactiond_queue_ready{") == std::string::npos);
  CHECK(text.find("actiond_events_total") != std::string::npos);
}

TEST_CASE("metrics: without the statistics no counter seems to begin anew") {
  auto blind = source();
  blind.problem = "the file is\ndamaged";
  const auto text = exposition(blind);
  CHECK(has_line(text, "# counters are missing: the file is\\ndamaged"));
  CHECK(text.find("_total") == std::string::npos);
  CHECK(text.find("_bucket") == std::string::npos);
  CHECK(has_line(text, "actiond_broker_connected 1"));
}

TEST_CASE("metrics: nothing at all is still metrics") {
  MetricsSource nothing;
  nothing.status = json::object();
  CHECK(exposition(nothing).find("actiond_broker_reconnects_total 0\n") != std::string::npos);
}

TEST_CASE("metrics: a label holds any bytes") {
  CHECK(label_value("a\"b\\c\nd") == "a\\\"b\\\\c\\nd");
  CHECK(label_value("ä\xff") == "ä\xef\xbf\xbd");
}
