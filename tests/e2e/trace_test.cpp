// One trace from whoever queues an event to the last attempt of what its handler queued, wherever
// that waits in between.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "client/trace.hpp"
#include "site.hpp"

using nlohmann::json;

namespace {

constexpr const char* kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr const char* kTraced =
    "retry: {attempts: 3, initial: 100ms, factor: 1}\ntrace: {file: ../spans.json}\n"
    "log: {format: json}\n";

// Spans by their ids.
std::map<std::string, json> spans_of(const Site& site) {
  std::map<std::string, json> spans;
  for (const auto& line : site.lines("spans.json")) {
    const auto span = json::parse(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    spans.emplace(span.at("spanId"), span);
  }
  return spans;
}

bool is_chained(const std::map<std::string, json>& spans) {
  return std::all_of(spans.begin(), spans.end(), [&](const auto& each) {
    const std::string parent = each.second.at("parentSpanId");
    return parent == "b7ad6b7169203331" || spans.contains(parent);
  });
}

// A span is written when its run is settled, which may be after what follows from it has run.
std::map<std::string, json> chained_spans_of(const Site& site) {
  CHECK(wait_until([&] { return is_chained(spans_of(site)); }));
  const auto spans = spans_of(site);
  for (const auto& [id, span] : spans) {
    CHECK(span.at("traceId") == kTrace);
    CHECK(span.at("traceState") == "rojo=1");
  }
  return spans;
}

}  // namespace

TEST_CASE("trace: one from another language's producer over queue, snooze, retries, dead letter") {
  NEEDS_BROKER();
  Site site(kTraced, {"traced"});
  rabbit::publish("medium", {.type = "traced",
                             .body = site.params("ran"),
                             .message_id = "first",
                             .headers = {{"traceparent", kParent}, {"tracestate", "rojo=1"}}});
  site.start();
  // traced, its child snoozed, and three attempts
  REQUIRE(site.wait_for_lines("ran", 5));
  REQUIRE(site.wait_for_lines("spans.json", 5));
  const Ran list = site.actiond({"dead", "list", "--json"});
  const std::string id = json::parse(list.out).at("letters").at(0).at("id");
  REQUIRE(site.actiond({"dead", "retry", id}).status == 0);
  REQUIRE(site.wait_for_lines("spans.json", 8));  // three attempts again
  CHECK(chained_spans_of(site).size() == 8);
  for (const auto& line : site.lines("ran")) {
    std::istringstream words(line);
    std::string event, context, state;
    words >> event >> context >> state;
    CHECK(action::trace_id(context) == kTrace);
    CHECK(state == "rojo=1");
  }
  CHECK(site.wait_for_log(R"("trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":")"));
}

TEST_CASE("trace: it goes along when a dead letter moves to a file, and is tried again there") {
  NEEDS_BROKER();
  Site site(kTraced, {"traced"});
  const auto queue = site.path("queue.db").native();
  rabbit::publish("medium", {.type = "traced_child",
                             .body = site.params("ran"),
                             .message_id = "first",
                             .headers = {{"traceparent", kParent}, {"tracestate", "rojo=1"}}});
  site.start();
  REQUIRE(site.wait_for_lines("spans.json", 4));
  REQUIRE(site.actiond({"stop", "--all"}).status == 0);
  const Ran moved = site.actiond({"migrate", "--to", "sqlite:" + queue});
  REQUIRE_MESSAGE(moved.status == 0, moved.err);
  site.configure(kTraced, "sqlite:" + queue);
  REQUIRE(site.actiond({"dead", "retry", "--all"}).status == 0);
  site.start();
  REQUIRE(site.wait_for_lines("spans.json", 7));
  CHECK(chained_spans_of(site).size() == 7);
}

TEST_CASE("trace: enqueue takes it from the environment") {
  NEEDS_BROKER();
  Site site(kTraced, {"traced"});
  ::setenv("TRACEPARENT", kParent, 1);
  const Ran queued = site.actiond({"enqueue", "traced", site.params("ran")});
  ::unsetenv("TRACEPARENT");
  REQUIRE_MESSAGE(queued.status == 0, queued.err);
  CHECK(rabbit::take_all("medium").at(0).header("traceparent") == kParent);
}
