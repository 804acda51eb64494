// A crew whose number of runners is a range.
#include <doctest/doctest.h>

#include "crew_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

// One runner of at most three, and it is busy.
struct RangeScene : CrewScene {
  RangeScene() : CrewScene(1, up_to_three()) {
    ready();
    hand("mail");
    turn();
    runners.last().begin(clock.now());
  }
  static Config up_to_three() {
    Config config;
    config.concurrency_limit = 3;
    return config;
  }
  void feel_for(std::chrono::milliseconds time, bool is_any_waiting = true) {
    for (; time >= 0ms; time -= 100ms) {
      crew.feel(is_any_waiting);
      pass(100ms);
    }
  }
};

}  // namespace

TEST_CASE("crew: begins with the least, and gets one more while all are busy and something waits") {
  RangeScene scene;
  CHECK(scene.crew.size() == 1);
  scene.feel_for(1s, false);
  CHECK(scene.crew.size() == 1);
  scene.feel_for(1s);
  CHECK(scene.crew.size() == 2);
  CHECK(scene.times_logged("2 of 1..3 runners now") == 1);
  // The new one is not there yet, then it is idle.
  scene.feel_for(2s);
  scene.ready();
  scene.feel_for(2s);
  CHECK(scene.crew.size() == 2);
  scene.hand("mail");
  scene.turn();
  scene.runners.last().begin(scene.clock.now());
  scene.feel_for(3s);
  CHECK(scene.crew.size() == 3);
}

TEST_CASE("crew: a machine with nothing left gets no more runners, which is logged once") {
  RangeScene scene;
  scene.machine = {9, 2, 0.5};
  scene.feel_for(5s);
  CHECK(scene.crew.size() == 1);
  CHECK(scene.times_logged("its load is 9.0") == 1);
  scene.machine = {};
  scene.feel_for(1s);
  CHECK(scene.crew.size() == 2);
}

TEST_CASE("crew: the last runner goes after a minute without work, down to the least") {
  RangeScene scene;
  scene.feel_for(1s);
  scene.ready();
  REQUIRE(scene.crew.size() == 2);
  scene.runners.all.front().end();
  scene.turn();
  scene.pass(59s);
  CHECK(scene.crew.size() == 2);
  scene.pass(7s);
  CHECK(scene.times_logged("1 of 1..3 runners now") == 1);
  scene.runners.last().die();
  while (!scene.runners.last().is_dead()) continue;
  scene.turn();
  CHECK(scene.crew.size() == 1);
  scene.pass(2min);
  CHECK(scene.crew.size() == 1);
  CHECK(scene.runners.all.size() == 2);  // nobody has followed
}

TEST_CASE("crew: a number of runners is no range") {
  CrewScene scene(2);
  CHECK_FALSE(scene.crew.range().is_elastic());
  CHECK(scene.crew.range().most == 2);
}
