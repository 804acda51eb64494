#include "runner/dispatch.hpp"

#include <doctest/doctest.h>

#include "runner_scene.hpp"

using namespace actiond;

namespace {

// An event whose handler is a function of the test; stands in for a plugin's.
struct Dispatched {
  RunnerScene scene;
  HandlerTable handlers;

  Dispatched() {
    load("noop");
    load("mourner");
  }
  void load(const std::string& name) {
    auto library = PluginLibrary::load(TEST_PLUGINS "/" + name + ".so");
    REQUIRE(library.ok());
    library->descriptor().attach(scene.host.table());
    PluginInfo info = library->info();
    REQUIRE(handlers.add(*library, info).ok());
  }

  Outcome run(std::string_view event, std::string_view params, RunFrame frame = {}) {
    frame.number = 1;
    frame.event = event;
    frame.id = "id";
    frame.queue = "low";
    frame.params = params;
    scene.host.begin_run(1);
    return dispatch(frame, handlers, scene.host);
  }
};

}  // namespace

TEST_CASE("dispatch: an event's run ends as its handler says") {
  Dispatched dispatched;
  CHECK(dispatched.run("noop", R"({"a": 1})").ending == Ending::Done);
  CHECK(dispatched.run("noop", "").ending == Ending::Done);
}

TEST_CASE("dispatch: what can't be run ends with its reason and without a call") {
  Dispatched dispatched;
  const auto unknown = dispatched.run("nothing", "{}");
  CHECK(unknown.ending == Ending::Unknown);
  CHECK(unknown.reason == "no plugin provides the event 'nothing'");
  for (const char* params : {"[1]", "{", "null", "\"text\"", "{} {}"}) {
    CAPTURE(params);
    const auto malformed = dispatched.run("noop", params);
    CHECK(malformed.ending == Ending::Malformed);
    CHECK_FALSE(malformed.reason.empty());
  }
}

TEST_CASE("dispatch: a failed event says when it is to be tried again, and knows its attempts") {
  Dispatched dispatched;
  RunFrame frame;
  frame.attempts = 4;
  const auto failed =
      dispatched.run("mourner", R"({"file": "/dev/null", "retry_ms": 1500})", frame);
  CHECK(failed.ending == Ending::Failed);
  CHECK(failed.reason == "no luck");
  CHECK(failed.retry == std::chrono::milliseconds(1500));
  CHECK(dispatched.run("noop", "{}").retry.count() == 0);
}

TEST_CASE(
    "dispatch: of a dead event its on_dead runs, in place of the handler; none is no failure") {
  Dispatched dispatched;
  RunFrame frame;
  frame.is_dead = 1;
  frame.reason = "no luck";
  CHECK(dispatched.run("noop", "{}", frame).ending == Ending::Done);
  CHECK(dispatched.run("mourner", R"({"file": "/dev/null"})", frame).ending == Ending::Done);
  const auto thrown =
      dispatched.run("mourner", R"({"file": "/dev/null", "dying": "throw"})", frame);
  CHECK(thrown.ending == Ending::Failed);
  CHECK(thrown.reason == "nobody listens");
}
