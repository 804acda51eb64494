// How long a runner may do what is not an event's own time, and what nobody is charged for.
#include "poller/runners/run_limits.hpp"

#include <doctest/doctest.h>

#include "crew_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

using Texts = std::vector<std::string>;

namespace {

// What was killed has been, and the poller has heard of it.
void bury(CrewScene& scene, std::size_t runner) {
  while (!scene.runners.all[runner].is_dead()) continue;
  scene.turn();
}

bool is_dead_soon(const FakeRunner& runner) {
  for (int i = 0; i < 20 && !runner.is_dead(); ++i) ::usleep(1000);
  return runner.is_dead();
}

}  // namespace

TEST_CASE("limits: a runner that begins nothing for 10 s is killed, and no run has been") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.hand("more");
  scene.turn();
  scene.pass(10s);
  CHECK_FALSE(is_dead_soon(scene.runners.last()));
  scene.pass(50ms);
  bury(scene, 0);
  CHECK(scene.returned == Texts{"more", "mail"});
  CHECK(scene.ended.empty());
  CHECK(scene.running.empty());
  CHECK(scene.times_logged("killed: the runner began nothing of what it was handed for 10 s: "
                           "starting another runner") == 1);
  scene.clock.advance(0ms);
  CHECK(scene.runners.all.size() == 2);
}

TEST_CASE("limits: what is taken back and handed again gives it no more time") {
  CrewScene scene;
  scene.ready();
  RunnerSlot* slot = scene.crew.freest(64);
  for (int i = 0; i < 101; ++i) {
    REQUIRE(slot->is_ready());
    scene.hand(*slot, "mail");
    scene.turn();
    scene.pass(100ms);
    scene.crew.recall();
  }
  bury(scene, 0);
  CHECK(scene.ended.empty());
  CHECK(scene.returned.size() == 101);
}

TEST_CASE("limits: what it does meanwhile gives it its time anew") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.hand("more");
  scene.turn();
  scene.pass(9s);
  scene.runners.last().run(scene.clock.now(), 1us);
  scene.turn();
  scene.pass(9s);
  CHECK_FALSE(is_dead_soon(scene.runners.last()));
  CHECK(scene.ended == Texts{"mail: done"});
  CHECK(scene.returned.empty());
}

TEST_CASE("limits: a runner that is not read from is not waited for either") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.is_full = true;
  scene.pass(30s);
  CHECK_FALSE(is_dead_soon(scene.runners.last()));
}

TEST_CASE("limits: a run that ended well and was not told of is done when its runner is killed") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.hand("more");
  scene.turn();
  scene.runners.last().run_untold(scene.clock.now());
  scene.pass(10s + 50ms);
  bury(scene, 0);
  CHECK(scene.ended == Texts{"mail: done"});
  CHECK(scene.returned == Texts{"more"});
}

TEST_CASE("limits: a run of which another process says that it ended well is not done") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.runners.last().run_untold_by(::getpid(), scene.clock.now());
  scene.pass(10s + 50ms);
  bury(scene, 0);
  REQUIRE(scene.ended.size() == 1);
  CHECK(scene.ended.front().starts_with("mail: crashed"));
}

TEST_CASE("limits: with others beside it, nothing waits for a runner that does not act") {
  CrewScene scene(2);
  scene.ready();
  RunnerSlot* stuck = scene.crew.freest(64);
  scene.hand(*stuck, "mail");
  scene.turn();
  scene.pass(100ms);
  CHECK(scene.returned.empty());
  scene.pass(50ms);
  CHECK(scene.returned == Texts{"mail"});
  for (int i = 0; i < 3; ++i) {
    RunnerSlot* other = scene.crew.freest(64);
    REQUIRE(other != nullptr);
    CHECK(other != stuck);
    scene.hand(*other, "mail");
  }
}

TEST_CASE("limits: alone, a runner that does not act is not idle, also when it has nothing") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.pass(150ms);
  scene.crew.recall();
  scene.pass(25ms);
  CHECK_FALSE(scene.crew.is_any_idle());
  CHECK(scene.crew.freest(64) == nullptr);
  SUBCASE("until it does") {
    scene.runners.last().refuse(1);
    scene.pass(50ms);
    CHECK(scene.crew.is_any_idle());
    CHECK(scene.crew.freest(64) != nullptr);
  }
  SUBCASE("and is killed in the end") {
    scene.pass(10s);
    bury(scene, 0);
    CHECK(scene.ended.empty());
  }
}

TEST_CASE("limits: a runner that refuses a run which nobody took back is not believed") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.runners.last().begin(scene.clock.now());
  scene.runners.last().end(Ending::NotStarted);
  scene.turn();
  bury(scene, 0);
  CHECK(scene.ended == Texts{"mail: crashed"});
}

TEST_CASE("limits: time that the poller did not live through is not the handler's") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.runners.last().begin(scene.clock.now());
  scene.pass(3s);
  scene.clock.oversleep(20s);
  scene.turn();
  scene.pass(3s);
  CHECK_FALSE(scene.runners.last().is_cancelled());
  scene.pass(4s);
  CHECK(scene.runners.last().is_cancelled());
}

TEST_CASE("limits: nor that of one that was to begin, or that loads") {
  CrewScene scene;
  scene.turn();
  scene.clock.oversleep(60s);
  scene.turn();
  CHECK_FALSE(is_dead_soon(scene.runners.last()));
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.pass(1s);
  scene.clock.oversleep(60s);
  scene.turn();
  CHECK_FALSE(is_dead_soon(scene.runners.last()));
}

TEST_CASE("limits: each plugin has its own time to load, as the configuration says") {
  Config config;
  config.load_timeout = {2s, {{"large.so", 60s}}};
  CrewScene scene(1, config);
  scene.turn();
  for (const char* plugin : {"/plugins/one.so", "/plugins/two.so"}) {
    scene.pass(1500ms);
    scene.runners.last().begin_loading(plugin);
    scene.turn();
  }
  scene.pass(1500ms);
  CHECK_FALSE(is_dead_soon(scene.runners.last()));
  SUBCASE("the standard one") {
    scene.pass(1s);
    bury(scene, 0);
    CHECK(scene.refused ==
          "plugin two.so took longer than 2s to load: raise load_timeout if it has to");
  }
  SUBCASE("one of its own") {
    scene.runners.last().begin_loading("/plugins/large.so");
    scene.turn();
    scene.pass(59s);
    CHECK_FALSE(is_dead_soon(scene.runners.last()));
    scene.pass(2s);
    bury(scene, 0);
    CHECK(scene.refused ==
          "plugin large.so took longer than 1m to load: raise load_timeout if it has to");
  }
}
