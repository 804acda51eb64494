#include <doctest/doctest.h>

#include <action/testing.hpp>
#include <string>
#include <vector>

using action::testing::Outcome;

namespace {

std::vector<std::string> setup_steps;
bool is_failing = false;

void connect() {
  setup_steps.push_back("connect");
}
void warm_up() {
  if (is_failing) throw std::runtime_error("nothing to warm");
  setup_steps.push_back("warm up");
}
ACTION_SETUP(connect)
ACTION_SETUP(warm_up)
ACTION_SETUP([] { action::log("set up in {}", action::config("place", "nowhere")); });

ACTION_TEARDOWN([] { setup_steps.push_back("disconnect"); })
ACTION_TEARDOWN([] {
  if (is_failing) throw std::runtime_error("stuck");
  setup_steps.push_back("cool down");
})

struct Clean {
  Clean() { setup_steps.clear(); }
  ~Clean() { is_failing = false; }
};

using Steps = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Clean, "setup: functions run in the order written, with the configuration") {
  const auto ran = action::testing::setup({.config = {{"place", "a test"}}});
  CHECK(ran.outcome == Outcome::Done);
  CHECK(setup_steps == Steps{"connect", "warm up"});
  CHECK(ran.logged.at(0).text == "set up in a test");
}

TEST_CASE_FIXTURE(Clean, "setup: one that throws refuses the plugin with its what()") {
  is_failing = true;
  const auto ran = action::testing::setup();
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "nothing to warm");
  CHECK(setup_steps == Steps{"connect"});
}

TEST_CASE_FIXTURE(Clean, "teardown: functions run in reverse order") {
  action::testing::teardown();
  CHECK(setup_steps == Steps{"cool down", "disconnect"});
}

TEST_CASE_FIXTURE(Clean, "teardown: one that throws is logged and keeps none from running") {
  is_failing = true;
  const auto ran = action::testing::teardown();
  CHECK(setup_steps == Steps{"disconnect"});
  CHECK(ran.logged.at(0).text == "teardown: stuck");
  CHECK(ran.logged.at(0).level == action::Level::Error);
}

TEST_CASE_FIXTURE(Clean, "plugin: it is set up with its configuration, and torn down at its end") {
  {
    const action::testing::Plugin plugin({.config = {{"place", "a fixture"}}});
    CHECK(setup_steps == Steps{"connect", "warm up"});
    CHECK(plugin.logged().at(0).text == "set up in a fixture");
    struct PlacedEvent : action::Event {
      void process() override { log("at {}", config<std::string>("place")); }
    };
    CHECK(plugin.run<PlacedEvent>().logged.at(0).text == "at a fixture");
    CHECK(plugin.run<PlacedEvent>({}, {.config = {{"place", "home"}}}).logged.at(0).text ==
          "at home");
    setup_steps.clear();
  }
  CHECK(setup_steps == Steps{"cool down", "disconnect"});
}

TEST_CASE_FIXTURE(Clean, "plugin: one whose setup fails can't be made, and says why") {
  is_failing = true;
  CHECK_THROWS_WITH(action::testing::Plugin(), "the plugin's setup failed: nothing to warm");
}
