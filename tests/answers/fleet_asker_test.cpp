#include "answers/fleet_asker.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

#include "base/clock.hpp"

using namespace actiond;
using nlohmann::json;

namespace {

std::string hello(const std::string& poller, const std::string& nonce, std::int64_t at_ms,
                  const std::string& state = "idle") {
  const auto slash = poller.rfind('/');
  return json{{"host", poller.substr(0, slash)},
              {"id", poller.substr(slash + 1)},
              {"nonce", nonce},
              {"at_ms", at_ms},
              {"state", state}}
      .dump();
}

std::vector<std::string> names(const std::vector<RosterEntry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name.text());
  return names;
}

const FleetChoice kAll{kToAll, {}};

// What the roster has, who is asked, and what comes back.
struct FakeFleet final : Fleet {
  struct Script {
    std::vector<std::string> roster, answers, asked;
  };
  explicit FakeFleet(Script& given) : script(given) {}
  Result<std::vector<std::string>> roster() override { return script.roster; }
  Result<void> ask(const std::vector<Saying>& sayings) override {
    for (const auto& saying : sayings) script.asked.push_back(saying.target);
    return {};
  }
  Result<std::vector<std::string>> answers(std::chrono::milliseconds) override {
    return std::exchange(script.answers, {});
  }
  Script& script;
};

FleetReport report_of(FakeFleet::Script& script, const FleetChoice& choice) {
  FleetAsker asker(std::make_unique<FakeFleet>(script), {"root@box1", "app", ""});
  const auto report = asker.ask(choice, {{"command", "status"}}, std::chrono::milliseconds(50));
  REQUIRE(report);
  return *report;
}

}  // namespace

TEST_CASE("fleet: who should answer is who said last that it is there") {
  struct Row {
    std::vector<std::string> roster, expected;
  };
  const std::vector<Row> rows = {
      {{}, {}},
      {{hello("a/1", "x", 1)}, {"a/1"}},
      {{hello("a/1", "x", 1), hello("a/1", "x", 2)}, {"a/1"}},
      {{hello("a/1", "x", 1), hello("a/1", "x", 2, "left")}, {}},
      // A successor has come before the one before it went.
      {{hello("a/1", "x", 1), hello("a/1", "y", 2), hello("a/1", "x", 3, "left")}, {"a/1"}},
      {{hello("a/1", "x", 1), hello("a/1", "x", 2, "left"), hello("a/1", "y", 3)}, {"a/1"}},
      // As the broker may give them back.
      {{hello("a/1", "x", 2, "left"), hello("a/1", "x", 1)}, {}},
      {{hello("b/1", "x", 1), hello("a/10", "y", 1), hello("a/9", "z", 1)}, {"a/9", "a/10", "b/1"}},
      {{"", "[]", "{}", "null", R"({"host": 5, "id": 7})", hello("a/console", "x", 1)},
       {"a/console"}},
  };
  for (const auto& row : rows) CHECK(names(expected_pollers(row.roster, kAll)) == row.expected);
}

TEST_CASE("fleet: a choice is by host, and by ids") {
  const std::vector<std::string> roster = {hello("a/1", "x", 1), hello("a/2", "x", 1),
                                           hello("b/1", "x", 1), hello("b/console", "x", 1)};
  using Names = std::vector<std::string>;
  CHECK(names(expected_pollers(roster, {"a", {}})) == Names{"a/1", "a/2"});
  CHECK(names(expected_pollers(roster, {kToAll, {1}})) == Names{"a/1", "b/1"});
  CHECK(names(expected_pollers(roster, {"b", {2}})).empty());
  CHECK(names(expected_pollers(roster, {"c", {}})).empty());
}

TEST_CASE("fleet: who has left is known by the process, not by the name") {
  const RosterEntry old{{"a", "1", "x"}, 0, ""}, young{{"a", "1", "y"}, 0, ""};
  const std::vector<std::string> roster = {hello("a/1", "x", 5, "left"), hello("a/1", "y", 4)};
  CHECK(left_of({old, young}, roster) == std::vector{old});
  CHECK(left_of({old, young}, {}).empty());
}

TEST_CASE("fleet: a report says how many of whom, and who not") {
  FleetReport report;
  report.took = std::chrono::milliseconds(345);
  CHECK(report.summary() == "0 of 0 pollers answered in 0.3 s");
  report.answers = {{{"poller", "a/1"}}, {{"poller", "a/1"}}, {{"poller", "b/2"}}};
  report.missing = {{{"box4", "17", ""}, 1'700'000'000'000, ""}};
  CHECK(report.summary() == "2 of 3 pollers answered in 0.3 s; not: box4/17");
  CHECK(report.to_json()["missing"][0]["poller"] == "box4/17");
  CHECK(report.to_json()["missing"][0]["heard_of"] == format_rfc3339(1'700'000'000'000));
}

TEST_CASE("fleet: who is asked, and who is missed") {
  FakeFleet::Script script{
      {hello("a/1", "x", 1), hello("a/2", "y", 1), hello("b/1", "z", 1)}, {}, {}};
  using Names = std::vector<std::string>;
  SUBCASE("all") {
    script.answers = {R"({"poller": "a/1"})", R"({"poller": "b/1"})"};
    CHECK(names(report_of(script, kAll).missing) == Names{"a/2"});
    CHECK(script.asked == Names{"all"});
  }
  SUBCASE("a host") {
    script.answers = {R"({"poller": "a/1"})", R"({"poller": "a/2"})", R"({"poller": "b/1"})"};
    const auto report = report_of(script, {"a", {}});
    CHECK(report.missing.empty());
    CHECK(report.answers.size() == 2);
    CHECK(script.asked == Names{"host.a"});
  }
  SUBCASE("ids on all hosts") {
    CHECK(names(report_of(script, {kToAll, {1}}).missing) == Names{"a/1", "b/1"});
    CHECK(script.asked == Names{"poller.a.1", "poller.b.1"});
  }
  SUBCASE("an id of which nobody knows") {
    CHECK(names(report_of(script, {"c", {7}}).missing) == Names{"c/7"});
    CHECK(script.asked == Names{"poller.c.7"});
  }
}

TEST_CASE("fleet: answers of whoever could read the request harm nothing") {
  FakeFleet::Script script{{hello("a/1", "x", 1)}, {}, {}};
  const std::string deep(300'000, '[');
  script.answers = {"",
                    "5",
                    "[]",
                    "{}",
                    "\xff\xfe",
                    R"({"poller": 5})",
                    R"({"poller": "no slash"})",
                    R"({"poller": "x/1", "state": )" + deep + std::string(300'000, ']') + "}",
                    deep,
                    R"({"poller": "a/1", "state": 5, "error": [], "nonce": {}})"};
  const auto report = report_of(script, kAll);
  CHECK(report.missing.empty());
  CHECK(report.answers.size() == 1);
  CHECK(names(report.answered()) == std::vector<std::string>{"a/1"});
}
