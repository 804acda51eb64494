// Outcomes that can't be stored: what becomes of the rest.
#include <doctest/doctest.h>

#include "scheduler_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

// Each runner needs one event, and no more is asked for.
struct StuckScene : SchedulerScene {
  StuckScene() : SchedulerScene(1, 1) {
    consuming(1);
    broker.take();
  }
};

void fail_one(SchedulerScene& scene, QueueIndex queue) {
  scene.deliver(queue, "mail");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.runner().end(Ending::Failed);
  scene.turn();
}

}  // namespace

TEST_CASE("scheduler: what can't be stored wakes the loop when it is tried again, and not before") {
  SchedulerScene scene;
  scene.deliver(1, "mail");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.broker.refusal = Error{"no right to write"};
  scene.runner().end(Ending::Failed);
  scene.turn();
  REQUIRE(scene.scheduler.outcomes().problem() != "");
  const int times_set = scene.clock.times_set;
  for (int i = 0; i < 5; ++i) scene.turn();
  CHECK(scene.clock.times_set == times_set);
  scene.broker.refusal.reset();
  scene.clock.advance(1s);
  scene.turn();
  CHECK(scene.broker.take().back() == "later low mail 1000");
}

TEST_CASE("scheduler: while what can't be stored is tried again nothing more is taken") {
  SchedulerScene scene;
  scene.broker.refusal = Error{"no right to write"};
  for (int i = 0; i < 16; ++i) {
    fail_one(scene, 1);
    scene.consuming(32);  // which it may have asked for
  }
  REQUIRE(scene.scheduler.outcomes().stuck() == 16);
  scene.broker.refusal.reset();
  scene.broker.take();
  scene.clock.advance(1s);
  scene.turn();
  for (const auto& said : scene.broker.take()) CHECK(said == "later low mail 1000");
  for (std::uint64_t number = 1; number <= 16; ++number)
    scene.scheduler.on_published(number, Error{"nor now"});
  scene.turn();
  CHECK(scene.broker.take().empty());
}

TEST_CASE("scheduler: what can't be stored keeps nothing else of its queue waiting") {
  StuckScene scene;
  scene.broker.refusal = Error{"no right to write"};
  fail_one(scene, 0);
  scene.turn();
  CHECK(scene.broker.take() == Texts{"consume 0 2", "consume 1 2"});
}

TEST_CASE("scheduler: what can't be stored keeps no lower queue waiting") {
  StuckScene scene;
  scene.broker.refusal = Error{"no right to write"};
  fail_one(scene, 0);
  scene.turn();
  scene.consuming(2);
  scene.broker.take();
  scene.deliver(1, "mail");
  scene.turn();
  CHECK(scene.broker.take().empty());  // nothing is asked: the higher queue is known to be empty
  CHECK_FALSE(scene.crew.is_any_idle());
}

TEST_CASE("scheduler: what fails while the broker is blocked keeps nothing waiting") {
  StuckScene scene;
  scene.broker.blocked = true;
  fail_one(scene, 0);
  scene.turn();
  CHECK(scene.broker.take() == Texts{"consume 0 2", "consume 1 2"});
  scene.broker.blocked = false;
  scene.turn();
  CHECK(scene.broker.take().back() == "later high mail 1000");
}

TEST_CASE("scheduler: an alarm holds back sixteen outcomes, and much to be sent is none") {
  SchedulerScene scene;
  bool is_taken = false;
  SUBCASE("alarm") {
    scene.broker.blocked = true;
  }
  SUBCASE("much to be sent") {
    scene.broker.is_congested = is_taken = true;
  }
  for (int i = 0; i < 16; ++i) {
    fail_one(scene, 1);
    scene.consuming(32);  // which it may have asked for
  }
  REQUIRE(scene.scheduler.outcomes().unfinished() == 16);
  scene.broker.take();
  scene.deliver(1, "mail");
  scene.turn();
  CHECK(scene.crew.is_any_idle() != is_taken);
}
