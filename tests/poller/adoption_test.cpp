// What is in hand when the connection is lost, and is offered again.
#include <doctest/doctest.h>

#include "scheduler_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

struct SettledScene : SchedulerScene {
  using SchedulerScene::SchedulerScene;
  // What the broker was told of settlements and publications.
  Texts settled() {
    Texts texts;
    for (const auto& text : broker.take())
      if (!text.starts_with("consume") && !text.starts_with("cancel") && !text.starts_with("probe"))
        texts.push_back(text);
    return texts;
  }
};

// "mail" runs, and its connection is lost and there again.
struct LossScene : SettledScene {
  explicit LossScene(int concurrency = 1) : SettledScene(concurrency) {
    deliver(1, "mail");
    turn();
    runner().begin(clock.now());
    turn();
    (void)runner().received();
    lose();
  }
  void end(Ending ending = Ending::Done) {
    runner().end(ending);
    turn();
  }
};

}  // namespace

TEST_CASE("adoption: a run that goes on is settled by the tag of its copy, and nothing starts") {
  LossScene scene(2);
  for (std::uint64_t epoch = 2; epoch <= 3; ++epoch) {  // whatever is lost meanwhile
    scene.connect(epoch);
    scene.deliver_again(1, "mail");
    scene.turn();
    if (epoch == 2) scene.lose();
  }
  CHECK(scene.runner().received().empty());
  CHECK(scene.runners.all[1].received().size() == 1);  // its setup
  CHECK(scene.settled().empty());
  scene.end();
  CHECK(scene.settled() == Texts{"ack 1 3"});
  CHECK(scene.journal.counts().done == 1);
  CHECK(scene.times_logged("Finished processing low:mail") == 1);
  CHECK(scene.scheduler.outcomes().unfinished() == 0);
}

TEST_CASE("adoption: a run that ended while the broker was away settles the copy") {
  LossScene scene;
  Texts expected;
  SUBCASE("done") {
    scene.end();
    expected = {"ack 1 2"};
  }
  SUBCASE("to be tried again") {
    scene.end(Ending::Failed);
    expected = {"later low mail 1000"};
  }
  SUBCASE("dead") {
    scene.end(Ending::Discarded);
    expected = {"dead mail so it says"};
  }
  CHECK(scene.settled().empty());
  CHECK(scene.times_logged("Finished") == 0);
  CHECK(scene.times_logged("Error") == 0);
  CHECK(scene.journal.counts().done + scene.journal.counts().failed == 0);
  scene.connect(2);
  scene.deliver_again(1, "mail");
  scene.turn();
  CHECK(scene.settled() == expected);
  CHECK(scene.runner().received().empty());
}

TEST_CASE("adoption: a failure that was being stored is stored for the copy, as what it was") {
  SchedulerScene scene;
  scene.deliver(1, "mail");
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.runner().end(Ending::Failed);
  scene.turn();
  scene.lose();
  scene.connect(2);
  scene.deliver_again(1, "mail");
  CHECK(scene.broker.take().front() == "later low mail 1000");
  scene.scheduler.on_published(2, {});
  CHECK(scene.broker.take().front() == "ack 1 2");
  CHECK(scene.times_logged("attempt 2 of 3") == 1);
}

TEST_CASE("adoption: what its handler queued is stored with that settlement") {
  LossScene scene;
  scene.runner().queue("slow");
  scene.turn();
  SUBCASE("its run has ended") {
    scene.end();
  }
  SUBCASE("its run goes on") {}
  scene.connect(2);
  CHECK(scene.settled().empty());
  scene.deliver_again(1, "mail");
  CHECK(scene.settled() == Texts{"publish medium slow"});
  scene.scheduler.on_published(1, {});
  if (scene.crew.is_any_busy()) scene.end();
  CHECK(scene.settled() == Texts{"ack 1 2"});
}

TEST_CASE("adoption: another event is not taken for the one in hand") {
  LossScene scene(2);
  scene.connect(2);
  SUBCASE("of another name") {
    scene.deliver_again(1, "slow");
  }
  SUBCASE("with other params") {
    scene.deliver_again(1, "mail", R"({"to": "you"})");
  }
  SUBCASE("in another queue") {
    scene.deliver_message(0, "mail", "", "id", true);
  }
  SUBCASE("that was never delivered before") {
    scene.deliver(1, "mail");
  }
  scene.turn();
  CHECK(scene.runners.all[1].received().size() == 2);  // its setup, and a run
}

TEST_CASE("adoption: what has no id and has ended is forgotten: a later one may look the same") {
  SettledScene scene;
  (void)scene.runner().received();
  scene.deliver_message(1, "mail", "[1]", "", false);
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.lose();
  scene.runner().end();
  scene.turn();
  scene.connect(2);
  (void)scene.runner().received();
  scene.deliver_message(1, "mail", "[1]", "", true);
  scene.turn();
  CHECK(scene.settled().empty());
  CHECK(scene.runner().received().size() == 1);  // its run
}

TEST_CASE("adoption: what has no id is known by its name and its body") {
  SettledScene scene(2);
  for (auto& runner : scene.runners.all) (void)runner.received();
  scene.deliver_message(1, "mail", "[1]", "", false);
  scene.turn();
  FakeRunner& first = scene.runners.all[0];
  FakeRunner& second = scene.runners.all[1];
  REQUIRE(first.received().size() == 1);
  first.begin(scene.clock.now());
  for (std::uint64_t epoch = 2; epoch <= 3; ++epoch) {
    scene.lose();
    scene.connect(epoch);
    scene.deliver_message(1, "mail", "[1]", "", true);
    scene.turn();
  }
  CHECK(second.received().empty());
  SUBCASE("and is settled by its copy's tag") {
    first.end();
    scene.turn();
    CHECK(scene.settled() == Texts{"ack 1 3"});
  }
  SUBCASE("and another body is another event") {
    scene.deliver_message(1, "mail", "[2]", "", true);
    scene.turn();
    CHECK(second.received().size() == 1);
  }
}

TEST_CASE("adoption: what nobody offers again is forgotten in time, and not counted") {
  LossScene scene;
  scene.end();
  scene.connect(2);
  scene.clock.advance(9min);
  scene.turn();
  CHECK(scene.times_logged("ended while the broker was away") == 0);
  SUBCASE("after ten minutes") {
    scene.clock.advance(1min);
    scene.turn();
  }
  SUBCASE("when the poller leaves") {
    scene.scheduler.outcomes().drop_strays();
  }
  CHECK(scene.times_logged("ended while the broker was away") == 1);
  CHECK(scene.journal.counts().done == 0);
  scene.deliver_again(1, "mail");
  scene.turn();
  CHECK(scene.runner().received().back() == "run mail");
}

TEST_CASE("adoption: what ran for long is kept for as long, for another poller may have its copy") {
  LossScene scene;
  scene.runner().end(Ending::Failed, 40min);
  scene.turn();
  scene.connect(2);
  scene.clock.advance(39min);
  scene.turn();
  CHECK(scene.times_logged("ended while the broker was away") == 0);
  SUBCASE("and settles the copy that comes in that time") {
    scene.deliver_again(1, "mail");
    scene.turn();
    CHECK(scene.runner().received().empty());
    CHECK(scene.scheduler.outcomes().unfinished() == 1);  // its copy is being stored
  }
  SUBCASE("and no longer") {
    scene.clock.advance(1min);
    scene.turn();
    CHECK(scene.times_logged("ended while the broker was away") == 1);
  }
}

TEST_CASE("adoption: however long the broker is away, what ended meanwhile does not run again") {
  LossScene scene;
  scene.end();
  scene.clock.advance(15min);
  scene.turn();
  scene.connect(2);
  scene.deliver_again(1, "mail");
  scene.turn();
  CHECK(scene.settled() == Texts{"ack 1 2"});
  CHECK(scene.runner().received().empty());
}

TEST_CASE("adoption: an event whose body was cut for a dead letter is known by the whole one") {
  SettledScene scene;
  const std::string body(100000, 'x');
  scene.deliver_message(1, "mail", body, "id", false);
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.runner().end(Ending::Discarded);
  scene.turn();
  scene.scheduler.on_published(1, Error{"too large", Fault::Lasting});
  scene.lose();
  scene.connect(2);
  (void)scene.runner().received();
  scene.deliver_message(1, "mail", body, "id", true);
  scene.turn();
  CHECK(scene.runner().received().empty());
  CHECK(scene.settled() == Texts{"dead mail so it says"});
}

TEST_CASE("adoption: with the connection goes what waits, and what runs is not acknowledged") {
  LossScene scene;
  scene.connect(2);
  scene.deliver(1, "slow");
  scene.lose();
  scene.connect(3);
  scene.end();
  CHECK(scene.settled().empty());
  CHECK(scene.scheduler.outcomes().unfinished() == 0);
  CHECK(scene.runner().received().empty());
}
