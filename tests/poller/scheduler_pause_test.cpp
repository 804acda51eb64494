// What the scheduler does when a queue is paused, or the poller is to be quiet.
#include <doctest/doctest.h>

#include "poller/scheduler.hpp"
#include "scheduler_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("scheduler: of a paused queue nothing starts that has not begun, and the rest goes on") {
  SchedulerScene scene;
  scene.warm_up();
  scene.deliver(0, "slow");
  const auto waits = scene.deliver(0, "mail");
  scene.turn();
  CHECK(scene.runner().received() == Texts{"run slow", "run mail"});
  scene.runner().begin(scene.clock.now());
  scene.turn();
  scene.broker.take();
  scene.scheduler.on_paused(0, true);
  CHECK(scene.broker.take() == Texts{"cancel 0", fmt::format("give back 0 {}", waits)});
  CHECK(scene.times_logged("the queue high is paused: actiond resume high lets it go on") == 1);
  scene.deliver(1, "mail");
  scene.turn();
  CHECK(scene.runner().received() == Texts{"run mail"});  // the lower one's
  scene.runner().end();
  scene.turn();
  CHECK(scene.times_logged("Finished processing high:slow") == 1);
  scene.scheduler.on_paused(0, false);
  CHECK(scene.times_logged("the queue high is resumed") == 1);
}

TEST_CASE(
    "scheduler: a pause that nobody has ended goes with a warning, once, and its events run") {
  SchedulerScene scene;
  scene.warm_up();
  scene.scheduler.on_paused(0, true);
  scene.broker.take();
  for (int i = 0; i < 2; ++i) scene.scheduler.on_pause_lost(0);
  CHECK(scene.times_logged("WARNING the queue high is no longer paused") == 1);
  CHECK(scene.times_logged("the queue high is resumed") == 0);
  scene.deliver(0, "mail");
  scene.turn();
  CHECK(scene.runner().received() == Texts{"run mail"});
}

TEST_CASE("scheduler: a queue that is paused when it connects is not consumed from") {
  SchedulerScene scene;
  scene.lose();
  scene.broker.paused = {1};
  scene.scheduler.connected(scene.broker, 2);
  CHECK(scene.scheduler.open());
  const auto told = scene.broker.take();
  REQUIRE(told.size() == 1);
  CHECK(told.front().starts_with("consume 0"));
  CHECK(scene.times_logged("the queue low is paused") == 1);
  SUBCASE("nor one of which the next connection can't say so") {
    scene.lose();
    scene.broker.tells_pauses = false;
    scene.broker.paused = {};
    scene.scheduler.connected(scene.broker, 3);
    CHECK(scene.scheduler.open());
    CHECK(scene.broker.take().size() == 1);
    CHECK(scene.times_logged("the queue low is resumed") == 0);
  }
}

TEST_CASE("scheduler: a quiet poller gives back what has not begun, and starts nothing") {
  SchedulerScene scene;
  scene.deliver(0, "slow");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.turn();
  const auto waits = scene.deliver(1, "mail");
  scene.broker.take();
  REQUIRE(scene.scheduler.be_quiet(true));
  CHECK(scene.broker.take() == Texts{"cancel 0", "cancel 1", fmt::format("give back 1 {}", waits)});
  scene.runner().end();
  scene.turn();
  CHECK(scene.broker.take() == Texts{"ack 0 1"});  // what runs goes on
  scene.pass(1s);
  CHECK(scene.broker.take().empty());
  REQUIRE(scene.scheduler.be_quiet(false));
  scene.turn();
  CHECK(scene.broker.take().front().starts_with("consume 0"));
  CHECK(scene.times_logged("no longer quiet") == 1);
}
