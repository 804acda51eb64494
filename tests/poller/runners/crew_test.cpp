#include "poller/runners/crew.hpp"

#include <doctest/doctest.h>

#include "crew_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

using Texts = std::vector<std::string>;

TEST_CASE("crew: as many runners as there are to be load what there is to load") {
  CrewScene scene(3);
  CHECK(scene.runners.all.size() == 3);
  for (auto& runner : scene.runners.all) CHECK(runner.received() == Texts{"setup one"});
  CHECK(scene.crew.ready() < scene.crew.size());
  CHECK(scene.crew.freest(64) == nullptr);
  scene.ready();
  CHECK(scene.crew.is_any_idle());
  CHECK(scene.crew.look().size() == 3);
}

TEST_CASE("crew: plugins that the first runner refuses end the start") {
  CrewScene scene;
  SUBCASE("by a report") {
    scene.runners.last().load({}, "plugin fake.so: no");
    scene.turn();
    CHECK(scene.refused == "plugin fake.so: no");
  }
  SUBCASE("by its death") {
    scene.runners.last().die();
    scene.turn();
    CHECK(scene.refused == "the runner ended by SIGKILL");
  }
  SUBCASE("by taking too long") {
    scene.pass(20s);
    CHECK(scene.refused.empty());
    scene.pass(25ms);
    while (!scene.runners.last().is_dead()) continue;
    scene.turn();
    CHECK(scene.refused == "took longer than 20s to load: raise load_timeout if it has to");
  }
  scene.pass(1s);
  CHECK(scene.runners.all.size() == 1);
}

TEST_CASE("crew: no process at the start is a failure, later one that passes") {
  CrewScene scene;
  scene.ready();
  scene.runners.can_start = false;
  scene.runners.last().die();
  scene.turn();
  scene.pass(200ms);
  CHECK(scene.crew.problem() == "no process can be made");
  CHECK(scene.times_logged("ERROR no process can be made") == 1);
  scene.runners.can_start = true;
  scene.pass(1s);
  CHECK(scene.runners.all.size() == 2);
}

TEST_CASE("crew: a runner that had worked is followed at once, by one that is a fresh start") {
  CrewScene scene;
  scene.ready();
  for (std::size_t i = 1; i <= 5; ++i) {
    scene.hand("mail");
    scene.turn();
    scene.runners.last().begin(scene.clock.now());
    scene.runners.last().die();
    scene.turn();
    scene.clock.advance(0ms);
    REQUIRE(scene.runners.all.size() == i + 1);
    scene.ready();
  }
  CHECK(scene.ended == Texts(5, "mail: crashed"));
}

TEST_CASE("crew: one that dies before its first event is followed after a pause that grows") {
  CrewScene scene;
  scene.ready();
  const auto dies = [&] {
    scene.runners.last().die();
    scene.turn();
  };
  const auto born = [&] { return scene.runners.all.size(); };
  dies();
  scene.clock.advance(0ms);
  CHECK(born() == 2);
  std::size_t count = 2;
  for (const auto pause : {100ms, 200ms, 400ms}) {
    dies();
    scene.clock.advance(pause - 1ms);
    CHECK(born() == count);
    scene.clock.advance(1ms);
    CHECK(born() == ++count);
  }
  CHECK(scene.crew.problem() == "the runner ended by SIGKILL");
  CHECK(scene.times_logged("the runner ended by SIGKILL") == 1);
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.runners.last().run(scene.clock.now(), 1us);
  scene.turn();
  CHECK(scene.crew.problem().empty());
}

TEST_CASE("crew: new plugins are loaded by the next runners, after the run in hand") {
  CrewScene scene;
  scene.ready();
  auto plugins = std::make_shared<int>();
  const std::weak_ptr<int> held = plugins;
  scene.hand("mail");
  scene.turn();
  auto& first = scene.runners.last();
  first.begin(scene.clock.now());
  scene.crew.load("two", std::move(plugins));
  scene.crew.replace_all();
  CHECK(first.received() == Texts{"setup one", "run mail", "stop"});
  CHECK(scene.crew.freest(64) == nullptr);
  first.end();
  first.die();
  scene.turn();
  scene.clock.advance(0ms);
  CHECK(scene.ended == Texts{"mail: done"});
  REQUIRE(scene.runners.all.size() == 2);
  CHECK(scene.runners.last().received() == Texts{"setup two"});
  CHECK_FALSE(held.expired());
}

TEST_CASE("crew: a runner that is to be replaced soon is given no more than it may run") {
  Config config;
  config.recycle.events = 2;
  CrewScene scene(1, config);
  scene.ready();
  for (int i = 0; i < 2; ++i) {
    REQUIRE(scene.crew.freest(64) != nullptr);
    scene.hand("mail");
  }
  CHECK(scene.crew.freest(64) == nullptr);
}

TEST_CASE("crew: a runner is replaced once it has run enough") {
  Config config;
  config.recycle.events = 2;
  CrewScene scene(1, config);
  scene.ready();
  for (int i = 0; i < 2; ++i) {
    scene.hand("mail");
    scene.turn();
    scene.runners.last().run(scene.clock.now(), 1us);
    scene.turn();
  }
  CHECK(scene.times_logged("it has run 2 events") == 1);
  CHECK(scene.runners.last().received() == Texts{"setup one", "run mail", "run mail", "stop"});
}

TEST_CASE("crew: a runner that was ready and ends by itself before it has worked is lost") {
  CrewScene scene;
  scene.ready();
  scene.runners.last().crash();
  scene.turn();
  CHECK(scene.lost == Texts{"the runner ended by SIGUSR1"});
}

TEST_CASE("crew: no runner is lost that was ended by others, or has worked, or never was ready") {
  CrewScene scene;
  SUBCASE("it loads") {
    scene.runners.last().crash();
  }
  SUBCASE("somebody kills it") {
    scene.ready();
    scene.runners.last().die();
  }
  SUBCASE("it was told to go") {
    scene.ready();
    scene.crew.replace_all();
    scene.runners.last().crash();
  }
  SUBCASE("its run was stopped") {
    scene.ready();
    scene.hand("mail");
    scene.crew.stop("now");
    while (!scene.runners.last().is_dead()) continue;
  }
  SUBCASE("all are to go") {
    scene.ready();
    scene.crew.retire();
    scene.runners.last().crash();
  }
  SUBCASE("it crashed in an event") {
    scene.ready();
    scene.hand("mail");
    scene.turn();
    scene.runners.last().begin(scene.clock.now());
    scene.runners.last().crash();
  }
  SUBCASE("it has worked") {
    scene.ready();
    scene.hand("mail");
    scene.turn();
    scene.runners.last().run(scene.clock.now(), 1ms);
    scene.turn();
    scene.runners.last().crash();
  }
  scene.turn();
  CHECK(scene.lost.empty());
}
