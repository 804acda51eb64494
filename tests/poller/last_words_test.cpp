// An event's death is heard by its plugin (on_dead) before the dead letter is stored.
#include <doctest/doctest.h>

#include <filesystem>

#include "fake_broker.hpp"
#include "fake_clock.hpp"
#include "log_scene.hpp"
#include "poller/scheduler.hpp"
#include "runners/fake_runner.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

// One runner, one queue; "mail" has two attempts and an on_dead, "plain" has one and none.
struct DyingScene : LogScene {
  boost::asio::io_context io;
  FakeClock clock;
  FakeBroker broker;
  Config config;
  FakeRunners runners;
  Journal journal{log, 24h};
  Scheduler scheduler;
  Crew crew;
  std::uint64_t tags = 0;

  DyingScene()
      : config(one_queue(directory)),
        scheduler(config, clock, "host/1", journal, crew,
                  {[](Delivery&) {}, [](const Delivery&, Settlement) {}, [](bool) {},
                   [](const Error&) {}}),
        crew(io, clock, config, log, scheduler.outcomes(),
             {[](const LoadReport&) {}, [](const Error&) {}}, runners.spawn()) {
    crew.start();
    runner().load({"mail", "plain"});
    PluginInfo plugin;
    plugin.file = "fake.so";
    plugin.events = {{"mail", "", 2, 0, true}, {"plain", "", 1, 0, false}};
    scheduler.learn(LoadReport{{plugin}}, "0123456789ab");
    connect(1);
  }
  static Config one_queue(const std::filesystem::path& run_dir) {
    Config made;
    made.queues = {"high"};
    made.run_dir = run_dir;
    return made;
  }
  void connect(std::uint64_t epoch) {
    scheduler.connected(broker, epoch);
    turn();
    scheduler.on_consuming(0, 16);
    scheduler.on_proven_empty(0);
    broker.take();
  }
  FakeRunner& runner() { return runners.all.back(); }
  void turn(bool is_leaving = false) {
    crew.arm();
    io.restart();
    io.poll();
    crew.receive();
    (void)scheduler.outcomes().resume();
    if (is_leaving)
      scheduler.outcomes().hand_dying(crew, 1, true);
    else
      scheduler.schedule();
    crew.flush();
    crew.arm_tick();
  }
  // The event's attempt of that number begins.
  void begin(const std::string& event, int attempt) {
    Message message;
    message.event = event;
    message.id = "id";
    message.trail.attempt = attempt;
    scheduler.on_delivery(0, ++tags, false, message);
    turn();
    (void)runner().received();
    runner().begin(clock.now());
  }
  // The broker offers the event's attempt of that number again.
  void offer_again(int attempt) {
    Message message;
    message.event = "mail";
    message.id = "id";
    message.trail.attempt = attempt;
    scheduler.on_delivery(0, ++tags, true, message);
    turn();
  }
  void end(Ending ending) {
    runner().end(ending);
    turn();
  }
  std::string told() {
    const auto all = broker.take();
    return all.empty() ? "" : all.front();
  }
};

}  // namespace

TEST_CASE("last words: after its last attempt an event's plugin hears of it, then it is dead") {
  DyingScene scene;
  scene.begin("mail", 2);
  scene.end(Ending::Failed);
  CHECK(scene.runner().received().back() == "dead mail so it says");
  CHECK(scene.told() == "");
  CHECK(scene.scheduler.outcomes().unfinished() == 0);
  scene.runner().begin(scene.clock.now());
  scene.end(Ending::Done);
  CHECK(scene.told() == "dead mail so it says");
}

TEST_CASE(
    "last words: not after an attempt that is followed by another, nor of who has no on_dead") {
  DyingScene scene;
  scene.begin("mail", 1);
  scene.end(Ending::Failed);
  CHECK(scene.told().starts_with("later"));
  scene.begin("plain", 1);
  scene.end(Ending::Failed);
  CHECK(scene.told() == "dead plain so it says");
}

TEST_CASE("last words: a Discard is heard as well; an on_dead that fails is logged, no more") {
  DyingScene scene;
  scene.begin("mail", 1);
  scene.end(Ending::Discarded);
  CHECK(scene.runner().received().back() == "dead mail so it says");
  scene.runner().begin(scene.clock.now());
  scene.end(Ending::Failed);
  CHECK(scene.told() == "dead mail so it says");
  CHECK(scene.times_logged("on_dead of high:mail id=id failed: so it says") == 1);
}

TEST_CASE(
    "last words: one that is stopped is the broker's again, and so is one that nobody hears") {
  DyingScene scene;
  scene.begin("mail", 2);
  SUBCASE("stopped") {
    scene.end(Ending::Failed);
    scene.runner().begin(scene.clock.now());
    scene.crew.stop("its time is over");
    while (!scene.runner().is_dead()) scene.turn(true);
    scene.turn();
    scene.turn(true);
  }
  SUBCASE("nobody is left") {
    scene.crew.retire();
    scene.runner().die();
    scene.turn(true);
  }
  CHECK(scene.told() == "give back 0 1");
}

TEST_CASE("last words: when the connection is lost, the copy that is offered again has them") {
  DyingScene scene;
  scene.begin("mail", 2);
  scene.end(Ending::Failed);
  (void)scene.runner().received();
  SUBCASE("heard meanwhile") {
    scene.runner().begin(scene.clock.now());
    scene.scheduler.lost();
    scene.runner().end(Ending::Done);
    scene.crew.receive();
    scene.connect(2);
    scene.offer_again(2);
  }
  SUBCASE("not yet begun") {
    scene.scheduler.lost();
    scene.connect(2);
    scene.offer_again(2);
    CHECK(scene.runner().received().back() == "dead mail so it says");
    scene.runner().skip_to(3);
    scene.runner().begin(scene.clock.now());
    scene.end(Ending::Done);
  }
  CHECK(scene.told() == "dead mail so it says");
}
