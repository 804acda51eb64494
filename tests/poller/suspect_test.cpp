// Events in which a poller died.
#include <doctest/doctest.h>

#include "runners/left_hand.hpp"
#include "scheduler_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

struct SuspectScene : SchedulerScene {
  explicit SuspectScene(int concurrency = 1) : SchedulerScene(concurrency) {
    for (auto& runner : runners.all) (void)runner.received();
  }
  std::uint64_t deliver_suspect(int interrupted, bool is_redelivered = false,
                                const std::string& event = "mail") {
    Message message;
    message.event = event;
    message.id = "suspect";
    message.trail.interrupted = interrupted;
    scheduler.on_delivery(1, ++tags, is_redelivered, message);
    return tags;
  }
  bool is_anything_left() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      if (entry.path().extension() == ".hand") return true;
    return false;
  }
};

}  // namespace

TEST_CASE("suspect: what a poller died in comes again with its number, and does not run now") {
  SuspectScene scene;
  leave_hand(scene.directory, "suspect", "mail");
  scene.deliver_suspect(1, true);
  scene.turn();
  CHECK(scene.broker.take().front() == "publish low mail");
  CHECK(scene.broker.stored.trail.interrupted == 2);
  CHECK(scene.broker.stored.trail.attempt == 1);
  CHECK(scene.is_anything_left());  // until the copy is stored
  scene.scheduler.on_published(1, {});
  CHECK(scene.broker.take().front() == "ack 1 1");
  CHECK_FALSE(scene.is_anything_left());
  CHECK(scene.runner().received().empty());
  CHECK(scene.times_logged("its poller died in it 2 times; it is offered again, and runs alone") ==
        1);
  CHECK(scene.journal.counts().failed == 0);
}

TEST_CASE("suspect: its copy does not run before the original is acknowledged") {
  SuspectScene scene;
  leave_hand(scene.directory, "suspect", "mail");
  scene.deliver_suspect(0, true);
  scene.turn();
  scene.deliver_suspect(1);  // the broker delivers before it confirms
  scene.turn();
  CHECK(scene.runner().received().empty());
  SUBCASE("it is") {
    scene.scheduler.on_published(1, {});
  }
  SUBCASE("it is, once there is a queue for the copy") {
    scene.scheduler.on_published(1, Error{"no queue", Fault::Missing});
    scene.turn();
    CHECK(scene.runner().received().empty());
    scene.clock.advance(1s);
    scene.turn();
    scene.scheduler.on_published(2, {});
  }
  scene.turn();
  CHECK_FALSE(scene.runner().received().empty());
}

TEST_CASE("suspect: what has no id is known by its name and its body, and its copy by its new id") {
  SuspectScene scene;
  leave_mark(scene.directory, nameless_mark("mail", "[1]"));
  SUBCASE("another body is another event") {
    scene.deliver_message(1, "mail", "[2]", "", true);
    scene.turn();
    CHECK(scene.runner().received().size() == 1);
  }
  SUBCASE("it comes again with its number") {
    scene.deliver_message(1, "mail", "[1]", "", true);
    scene.turn();
    CHECK(scene.broker.take().front() == "publish low mail");
    const Message copy = scene.broker.stored;
    CHECK(copy.trail.interrupted == 1);
    Message delivered = copy;
    scene.scheduler.on_delivery(1, ++scene.tags, false, delivered);
    scene.turn();
    CHECK(scene.runner().received().empty());  // before the original is acknowledged
    scene.scheduler.on_published(1, {});
    scene.turn();
    CHECK_FALSE(scene.is_anything_left());
    CHECK(scene.runner().received().size() == 1);
  }
}

TEST_CASE("suspect: of those without an id, each is charged with one death, however many ran") {
  SuspectScene scene;
  for (int i = 0; i < 4; ++i) leave_mark(scene.directory, nameless_mark("mail", "[1]"));
  for (std::uint64_t number = 1; number <= 4; ++number) {
    CHECK(scene.is_anything_left());
    scene.deliver_message(1, "mail", "[1]", "", true);
    scene.turn();
    CHECK(scene.broker.stored.trail.interrupted == 1);
    scene.scheduler.on_published(number, {});
  }
  CHECK_FALSE(scene.is_anything_left());
  CHECK(scene.journal.counts().dead == 0);
}

TEST_CASE("suspect: after so many it is a dead letter that says so") {
  SuspectScene scene;
  leave_hand(scene.directory, "suspect", "mail");
  scene.deliver_suspect(2, true);
  scene.turn();
  CHECK(scene.broker.take().front() == "dead mail its poller died in it 3 times");
  CHECK(scene.broker.stored.trail.interrupted == 3);
  scene.scheduler.on_published(1, {});
  CHECK(scene.broker.take().front() == "ack 1 1");
  CHECK_FALSE(scene.is_anything_left());
  CHECK(scene.journal.counts().dead == 1);
}

TEST_CASE("suspect: it waits until all else has ended, and nothing begins beside it") {
  SuspectScene scene(2);
  scene.deliver(1, "slow");
  scene.turn();
  FakeRunner& busy = scene.runners.all[0];
  busy.begin(scene.clock.now());
  scene.deliver_suspect(1);
  scene.deliver(1, "slow");
  scene.turn();
  FakeRunner& idle = scene.runners.all[1];
  CHECK(idle.received().empty());
  scene.broker.take();
  // What waits behind it is for others; it is not.
  scene.pass(200ms);
  CHECK(scene.broker.take() == Texts{"cancel 0", "cancel 1", "give back 1 3"});
  (void)busy.received();
  busy.end();
  scene.turn();
  const bool is_first = busy.received() == Texts{"run mail"};
  FakeRunner& alone = is_first ? busy : idle;
  FakeRunner& beside = is_first ? idle : busy;
  alone.begin(scene.clock.now());
  scene.deliver(1, "slow");
  scene.turn();
  CHECK(beside.received().empty());
  alone.end();
  scene.turn();
  CHECK(scene.times_logged("Finished processing low:mail") == 1);
  scene.consuming(256);
  scene.deliver(1, "slow");
  scene.deliver(1, "slow");
  scene.turn();
  CHECK_FALSE(busy.received().empty());  // no quarantine any more
  CHECK_FALSE(idle.received().empty());
}

TEST_CASE("suspect: one that waits goes back when the poller holds, and with its connection") {
  SuspectScene scene(2);
  scene.deliver(1, "slow");
  scene.turn();
  scene.runners.all[0].begin(scene.clock.now());
  const auto tag = scene.deliver_suspect(1);
  scene.turn();
  scene.broker.take();
  SUBCASE("holds") {
    scene.scheduler.hold();
    const auto told = scene.broker.take();
    CHECK(std::find(told.begin(), told.end(), fmt::format("give back 1 {}", tag)) != told.end());
  }
  SUBCASE("lost") {
    scene.lose();
  }
  scene.runners.all[0].end();
  scene.turn();
  CHECK(scene.runners.all[1].received().empty());
}

TEST_CASE("suspect: a run that comes to an end clears it") {
  SuspectScene scene;
  scene.deliver_suspect(2);
  scene.turn();
  scene.runner().begin(scene.clock.now());
  scene.runner().end(Ending::Failed);
  scene.turn();
  CHECK(scene.broker.take().front() == "later low mail 1000");
  CHECK(scene.broker.stored.trail.interrupted == 0);
}

TEST_CASE("suspect: its number stays while it does not run") {
  SuspectScene scene;
  scene.deliver_suspect(2, false, "strange");
  scene.turn();
  CHECK(scene.broker.take().front() == "later low strange 1000");
  CHECK(scene.broker.stored.trail.interrupted == 2);
}
