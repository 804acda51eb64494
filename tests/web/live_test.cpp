#include "web/live.hpp"

#include <doctest/doctest.h>

#include "scene.hpp"
#include "web/overview.hpp"

using namespace actiond;
using namespace actiond::web;
using actiond::web::test::ViewScene;
using nlohmann::json;

namespace {

json body_of(const Response& response) {
  return json::parse(response.body, nullptr, false);
}

Response ask(const std::string& what, const View& view, const Config& config = {},
             const std::string& tag = "") {
  Request request;
  request.if_none_match = tag;
  return live_response(what, request, config, view, Depths(), 10'000);
}

}  // namespace

TEST_CASE("live: nothing is known yet, and each answer says so without failing") {
  for (const char* what : {"overview", "running", "plugins", "status", "health"}) {
    CAPTURE(what);
    CHECK(ask(what, {}).status == 200);
    CHECK(body_of(ask(what, {})).is_object());
  }
  CHECK(ask("nonsense", {}).status == 404);
}

TEST_CASE("live: whoever has the answer already gets none") {
  ViewScene scene;
  scene.add_poller(1);
  const auto first = ask("overview", scene.view());
  REQUIRE(first.headers.at(0).first == "ETag");
  const auto tag = first.headers.at(0).second;
  const auto again = ask("overview", scene.view(), {}, tag);
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  scene.add_poller(2);
  CHECK(ask("overview", scene.view(), {}, tag).status == 200);
}

TEST_CASE("live: the overview adds up what waits, what is in hand and what died") {
  ViewScene scene;
  scene.add_queue("high", 3, 1);
  scene.add_queue("low", 4, 1);
  scene.add_queue("dead", 5, 0);
  scene.add_poller(1, "working")["in_hand"] = {{{"event", "a"}, {"for_ms", 2000}},
                                               {{"event", "b"}, {"for_ms", 500}}};
  scene.add_poller(2);
  const auto numbers = body_of(ask("overview", scene.view()))["numbers"];
  CHECK(numbers["waiting"] == 7);
  CHECK(numbers["dead"] == 5);
  CHECK(numbers["in_hand"] == 2);
  CHECK(numbers["capacity"] == 4);
  CHECK(numbers["longest_since_ms"] == 8000);
}

TEST_CASE("live: what runs, longest first, with params only where they are shown") {
  ViewScene scene;
  scene.add_poller(1)["in_hand"] = {
      {{"event", "short"}, {"id", "i"}, {"for_ms", 1}, {"params", "{}"}, {"trace_id", "0af7"}}};
  scene.add_poller(2)["in_hand"] = {{{"event", "long"}, {"for_ms", 5000}, {"attempt", 3}}};
  const auto running = body_of(ask("running", scene.view()))["running"];
  REQUIRE(running.size() == 2);
  CHECK(running[0]["event"] == "long");
  CHECK(running[0]["since_ms"] == 5000);
  CHECK(running[0]["attempt"] == 3);
  CHECK(running[1]["params"] == "{}");
  CHECK(running[1]["trace_id"] == "0af7");
  CHECK_FALSE(running[0].contains("trace_id"));
  Config hidden;
  hidden.web.are_params_shown = false;
  CHECK_FALSE(body_of(ask("running", scene.view(), hidden))["running"][1].contains("params"));
  for (const char* what : {"status", "health"}) {
    CHECK(ask(what, scene.view()).body.find("params") != std::string::npos);
    CHECK(ask(what, scene.view(), hidden).body.find("params") == std::string::npos);
  }
}

TEST_CASE("live: pollers of other versions may answer anything") {
  ViewScene scene;
  scene.pollers.pollers = {nullptr,
                           5,
                           "x",
                           {{"id", "x"}, {"in_hand", 3}, {"plugins", {{"a", 1}}}},
                           {{"in_hand", {1, nullptr, {{"event", 5}}}}, {"reload", "x"}}};
  for (const char* what : {"overview", "running", "plugins", "status", "health"}) {
    CAPTURE(what);
    CHECK(ask(what, scene.view()).status == 200);
  }
}

TEST_CASE("live: ready is who has a broker and a poller at work") {
  ViewScene scene;
  CHECK(readiness({}).status == 503);
  CHECK(readiness(scene.view()).body == "no poller takes events\n");
  scene.add_poller(1);
  CHECK(readiness(scene.view()).status == 200);
  scene.broker.queues = {{"broker", {{"error", "refused"}}}};
  CHECK(readiness(scene.view()).body == "the broker does not answer: refused\n");
}

TEST_CASE("live: plugin sets with who runs them, and what was refused") {
  ViewScene scene;
  scene.add_poller(1)["plugins"] = {{{"name", "mailer"}, {"file", "/p/mailer.so"}}};
  scene.add_poller(2)["reload"] = {{"problem", "no"}};
  scene.add_poller(3)["plugin_set"] = "other";
  const auto plugins = plugins_json(scene.view());
  REQUIRE(!plugins["plugins"].empty());
  CHECK(plugins["plugins"][0]["running"][0]["id"] == 1);
  REQUIRE(plugins["sets"].size() == 2);
  CHECK(plugins["sets"][0]["pollers"] == json{1, 2});
  CHECK(plugins["refusals"] == json::array({{{"poller", 2}, {"why", "no"}}}));
}

TEST_CASE("depths: of each minute the last, of the last hour, unknown ones null") {
  Depths depths;
  const json queues = json::array({{{"name", "high"}, {"ready", 7}}});
  depths.note(queues, 60'000 * 100);
  depths.note(json::array({{{"name", "high"}, {"ready", 9}}}), 60'000 * 102 + 1);
  const auto series = depths.of_queue("high", 60'000 * 102 + 5);
  REQUIRE(series.size() == kDepthMinutes);
  CHECK(series[59] == 9);
  CHECK(series[58].is_null());
  CHECK(series[57] == 7);
  CHECK(depths.of_queue("high", 60'000 * 1000)[0].is_null());
  CHECK(depths.of_queue("low", 0)[59].is_null());
}
