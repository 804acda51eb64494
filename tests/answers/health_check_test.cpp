#include "answers/health_check.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using nlohmann::json;

namespace {

json poller(int id, const char* state, const char* problem = "") {
  return {{"id", id}, {"pid", 4711}, {"state", state}, {"problem", problem}};
}

}  // namespace

TEST_CASE("health: well is who takes events") {
  struct Row {
    json pollers;
    std::optional<int> id;
    bool is_well;
    std::string sentence;
  };
  const auto console = json{{"id", nullptr}, {"pid", 1}, {"state", "idle"}, {"problem", ""}};
  auto takes_not_all = poller(1, "idle", "no right to read it");
  takes_not_all["queue_problems"] = {"no right to read it"};
  const Row rows[] = {
      {json::array(), {}, false, "no poller runs: start one with actiond start --id 1"},
      {json::array(), 3, false, "poller 3 does not run: start it with actiond start --id 3"},
      {json::array({poller(1, "idle")}), {}, true, "poller 1 is well: idle"},
      {json::array({poller(1, "working")}), 1, true, "poller 1 is well: working"},
      {json::array({poller(1, "quiet")}), 1, true, "poller 1 is well: quiet"},
      {json::array({console}), {}, true, "the console poller is well: idle"},
      {{poller(1, "idle"), poller(2, "working")}, {}, true, "2 pollers are well"},
      {{poller(1, "idle"), poller(2, "gone", "killed")},
       {},
       false,
       "poller 2 is not well: gone: killed"},
      {{poller(1, "idle"), poller(2, "gone", "killed")}, 1, true, "poller 1 is well: idle"},
      {json::array({poller(1, "loading")}), {}, false, "poller 1 is not well: loading"},
      {json::array({takes_not_all}), {}, false, "poller 1 is not well: idle: no right to read it"},
      {json::array({poller(1, "waiting for the broker", "refused")}),
       {},
       false,
       "poller 1 is not well: waiting for the broker: refused"},
      {{poller(1, "leaving"), poller(1, "idle")}, 1, true, "poller 1 is well: idle"},
      {json::array({poller(1, "leaving")}),
       {},
       false,
       "all pollers are leaving: no event is taken"},
      {json::array({poller(1, "does not answer")}),
       {},
       false,
       "poller 1 is not well: does not answer"},
      {json::array({json::object(), 7}), {}, false, "the console poller is not well: "},
  };
  for (const auto& row : rows) {
    const auto health = judge_health(row.pollers, row.id);
    CHECK(health.sentence == row.sentence);
    CHECK(health.is_well == row.is_well);
  }
}

TEST_CASE("health: while a successor starts, the poller before it counts") {
  for (const char* state : {"loading", "waiting for the broker"}) {
    const auto swap = json::array({poller(1, "idle"), poller(1, state)});
    CHECK(judge_health(swap, 1).is_well);
    CHECK(judge_health(swap, {}).sentence == "poller 1 is well: idle");
    CHECK_FALSE(judge_health(json::array({poller(1, "gone"), poller(1, state)}), 1).is_well);
    CHECK_FALSE(judge_health(json::array({poller(2, "idle"), poller(1, state)}), {}).is_well);
    CHECK_FALSE(judge_health(json::array({poller(1, "leaving"), poller(1, state)}), 1).is_well);
  }
}

// Its own plugins go on: what it was to change to is another matter.
TEST_CASE("health: a poller that refused a change works, and is well") {
  const auto pollers = json::array({poller(1, "idle", "the change was refused")});
  CHECK(judge_health(pollers, 1).is_well);
}
