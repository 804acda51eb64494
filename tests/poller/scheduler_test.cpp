#include "poller/scheduler.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "scheduler_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

bool contains(const Texts& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

TEST_CASE("scheduler: what is delivered runs, and is acknowledged when it has ended") {
  SchedulerScene scene;
  scene.deliver(1, "mail");
  scene.turn();
  CHECK(scene.runner().received().back() == "run mail");
  scene.runner().run(scene.clock.now(), 1us);
  scene.turn();
  CHECK(scene.broker.take().front() == "ack 1 1");
  CHECK(scene.journal.counts().done == 1);
  CHECK(scene.heard == "event ");
}

TEST_CASE("scheduler: its run is logged when it has begun, however often it is handed out before") {
  SchedulerScene scene;
  const auto first = scene.deliver(1, "mail");
  scene.turn();
  scene.pass(150ms);
  CHECK(contains(scene.broker.take(), fmt::format("give back 1 {}", first)));
  CHECK(scene.times_logged("Processing") == 0);
  scene.runner().refuse(1);
  scene.pass(50ms);
  scene.consuming(16);
  scene.deliver(1, "mail");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.pass(50ms);
  CHECK(scene.times_logged("Processing low:mail") == 1);
  scene.runner().end();
  scene.turn();
  CHECK(scene.times_logged("Processing low:mail") == 1);
}

TEST_CASE("scheduler: a queue that plugins name and nobody has is logged, once a set") {
  SchedulerScene scene;
  actiond::PluginInfo plugin;
  plugin.file = "late.so";
  plugin.events = {{"mail", "hihg", 3, 0}};
  scene.scheduler.learn(actiond::LoadReport{{plugin}}, "another set");
  scene.scheduler.learn(actiond::LoadReport{{plugin}}, "another set");
  CHECK(scene.times_logged("wants the event 'mail' in the queue 'hihg'") == 1);
  CHECK(scene.times_logged("did you mean 'high'?") == 1);
}

TEST_CASE("scheduler: a higher queue runs first") {
  SchedulerScene scene;
  scene.deliver(1, "slow");
  scene.deliver(0, "mail");
  scene.turn();
  CHECK(scene.runner().received().back() == "run mail");
}

TEST_CASE("scheduler: what comes for a higher queue overtakes what waits in a pipe") {
  SchedulerScene scene;
  scene.warm_up();
  for (int i = 0; i < 3; ++i) scene.deliver(1, "slow");
  scene.turn();
  CHECK(scene.runner().received() == Texts{"run slow", "run slow", "run slow"});
  scene.runner().begin(scene.clock.now());
  scene.deliver(0, "mail");
  scene.turn();
  // The two that had not begun came back, and wait behind it.
  CHECK(scene.runner().received() == Texts{"run mail", "run slow", "run slow"});
  scene.runner().end();
  scene.runner().skip_to(5);
  scene.runner().run(scene.clock.now(), 1us);
  scene.turn();
  CHECK(scene.times_logged("Finished processing high:mail") == 1);
}

TEST_CASE("scheduler: after 100 ms without a free runner what waits goes back, for others") {
  SchedulerScene scene;
  scene.deliver(1, "slow");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.turn();
  const auto waits = scene.deliver(1, "mail");
  scene.broker.take();
  scene.pass(75ms);
  CHECK(scene.broker.take().empty());
  scene.pass(25ms);
  CHECK(scene.broker.take() == Texts{"cancel 0", "cancel 1", fmt::format("give back 1 {}", waits)});
  scene.pass(1s);
  CHECK(scene.broker.take().empty());
  // What was on its way is given back as well.
  const auto late = scene.deliver(1, "mail");
  CHECK(scene.broker.take() == Texts{fmt::format("give back 1 {}", late)});
  scene.runner().end();
  scene.turn();
  const auto told = scene.broker.take();
  CHECK(std::find(told.begin(), told.end(), "ack 1 1") != told.end());
  CHECK(std::any_of(told.begin(), told.end(),
                    [](const auto& text) { return text.starts_with("consume 0"); }));
}

TEST_CASE("scheduler: it has enough while all runners are busy, and says it once a turn") {
  SchedulerScene scene(2);
  CHECK_FALSE(scene.scheduler.take_enough());
  scene.deliver(1, "slow");
  scene.turn();
  CHECK_FALSE(scene.scheduler.take_enough());
  scene.deliver(1, "slow");
  scene.turn();
  CHECK(scene.scheduler.take_enough());
  CHECK_FALSE(scene.scheduler.take_enough());
}

TEST_CASE("scheduler: with a runner free nothing is held back") {
  SchedulerScene scene(2);
  scene.deliver(1, "slow");
  scene.turn();
  scene.runners.all[0].begin(scene.clock.now());
  scene.pass(1s);
  CHECK(scene.broker.take().empty());
  scene.deliver(1, "mail");
  scene.turn();
  CHECK(scene.runners.all[1].received().back() == "run mail");
}

TEST_CASE("scheduler: what can't run ends without one") {
  SchedulerScene scene;
  std::string logged;
  SUBCASE("nobody provides it") {
    scene.deliver(1, "strange");
    scene.turn();
    CHECK(scene.broker.take() == Texts{"later low strange 1000"});
    logged = "no plugin provides the event 'strange'";
  }
  SUBCASE("it is none") {
    scene.deliver(1, "");
    scene.turn();
    CHECK(scene.broker.take() ==
          Texts{"dead  the message has no type: that property names the event"});
    logged = "that property names the event; now among the dead letters, after attempt 1 of 1";
  }
  SUBCASE("it is early") {
    scene.deliver(1, "mail", wall_now_ms() + 3600'000);
    scene.turn();
    const auto told = scene.broker.take();
    REQUIRE(told.size() == 1);
    CHECK(told.front().starts_with("later low mail 3"));
    logged = "is not due for";
  }
  scene.scheduler.on_published(1, {});
  CHECK(scene.broker.take() == Texts{"ack 1 1"});
  CHECK(scene.times_logged(logged) == 1);
  CHECK(scene.runner().received().size() == 1);  // its setup
}

TEST_CASE(
    "scheduler: a failure is tried again, one that the plugins are blamed for is not counted") {
  SchedulerScene scene;
  scene.deliver(1, "mail");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  SUBCASE("its own") {
    scene.runner().end(Ending::Failed);
    scene.turn();
    CHECK(scene.broker.take().front() == "later low mail 1000");
    scene.scheduler.on_published(1, {});
    CHECK(scene.times_logged("so it says; attempt 2 of 3 in 1s") == 1);
  }
  SUBCASE("theirs") {
    scene.is_excused = true;
    scene.runner().die();
    scene.turn();
    scene.scheduler.on_published(1, {});
    CHECK(scene.times_logged("blamed on the new plugins; retried in 1s") == 1);
  }
}

TEST_CASE("scheduler: an event that a handler queues is stored before its own is acknowledged") {
  SchedulerScene scene;
  scene.deliver(1, "mail");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.runner().queue("slow");
  scene.runner().end();
  scene.turn();
  CHECK(scene.broker.take().front() == "publish medium slow");
  CHECK(scene.scheduler.outcomes().unfinished() == 1);
  scene.scheduler.on_published(1, {});
  CHECK(scene.broker.take().front() == "ack 1 1");
  CHECK(scene.scheduler.outcomes().unfinished() == 0);
}

TEST_CASE("scheduler: a connection that breaks while it is asked for more is told of") {
  SchedulerScene scene;
  scene.scheduler.hold();
  scene.broker.is_lost = true;
  scene.turn();
  CHECK(scene.lost == "the connection is lost");
}

TEST_CASE("scheduler: the broker is asked about all queues only after enough time without work") {
  SchedulerScene scene;
  scene.deliver(1, "mail");
  scene.turn();
  scene.runner().run(scene.clock.now(), 1us);
  scene.turn();
  scene.broker.take();
  scene.consuming(256);  // runs are short: more is asked for
  scene.clock.advance(59s);
  CHECK_FALSE(scene.scheduler.ask_if_idle(60s));
  scene.clock.advance(1s);
  CHECK(scene.scheduler.ask_if_idle(60s));
  CHECK(scene.broker.take() == Texts{"probe 0", "probe 1"});
  scene.scheduler.on_proven_empty(0);
  scene.deliver(1, "mail");
  scene.scheduler.on_probe_delivered(1);
  scene.turn();
  CHECK(scene.heard == "event answer event ");
  CHECK_FALSE(scene.scheduler.ask_if_idle(60s));  // something runs
}

TEST_CASE("scheduler: what is not confirmed when it is given up is the broker's, and logged") {
  SchedulerScene scene;
  scene.deliver(1, "mail");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.runner().queue("slow");
  scene.runner().end();
  SUBCASE("it was sent") {
    scene.turn();
  }
  SUBCASE("it was kept back") {
    scene.broker.blocked = true;
    scene.turn();
  }
  CHECK(scene.scheduler.outcomes().unfinished() == 1);
  scene.broker.take();
  scene.scheduler.outcomes().give_up();
  CHECK(scene.scheduler.outcomes().unfinished() == 0);
  CHECK(scene.times_logged("is given up, for the broker has not confirmed it") == 1);
  scene.scheduler.on_published(1, {});  // too late
  CHECK(scene.broker.take().empty());
}
