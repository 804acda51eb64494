// The crew: what its runners are handed, and how long they may take.
#include <doctest/doctest.h>

#include "crew_scene.hpp"
#include "foreign_tracer.hpp"
#include "skipping.hpp"

using namespace actiond;
using namespace std::chrono_literals;

using Texts = std::vector<std::string>;

TEST_CASE("crew: with others beside it nothing waits behind a slow run, or goes there") {
  CrewScene scene(2);
  scene.ready();
  RunnerSlot* slow = scene.crew.freest(64);
  scene.hand(*slow, "slow");
  scene.hand(*slow, "waits");
  scene.turn();
  scene.runners.all[0].begin(scene.clock.now());
  scene.pass(100ms);
  CHECK(scene.returned.empty());
  scene.pass(25ms);
  CHECK(scene.returned == Texts{"waits"});
  for (int i = 0; i < 3; ++i) {
    RunnerSlot* other = scene.crew.freest(64);
    REQUIRE(other != nullptr);
    CHECK(other != slow);
    scene.hand(*other, "mail");
  }
  CHECK(scene.running.front() == "slow");
}

TEST_CASE("crew: alone, a slow run is waited for") {
  CrewScene scene;
  scene.ready();
  scene.hand("slow");
  scene.hand("waits");
  scene.turn();
  scene.runners.last().begin(scene.clock.now());
  scene.pass(1s);
  CHECK(scene.returned.empty());
  CHECK(scene.crew.freest(64) != nullptr);
}

TEST_CASE("crew: the emptiest pipe is the freest, and none below the depth is") {
  CrewScene scene(2);
  scene.ready();
  RunnerSlot* first = scene.crew.freest(2);
  scene.hand(*first, "mail");
  RunnerSlot* second = scene.crew.freest(2);
  CHECK(second != first);
  scene.hand(*second, "mail");
  scene.hand(*second, "mail");
  CHECK(scene.crew.freest(2) == first);
  scene.hand(*first, "mail");
  CHECK(scene.crew.freest(2) == nullptr);
}

TEST_CASE("crew: what waits in a pipe is taken back for a higher queue, if it is of a lower one") {
  CrewScene scene;
  scene.ready();
  scene.hand("low", 2);
  scene.hand("low", 2);
  scene.turn();
  scene.runners.last().begin(scene.clock.now());
  scene.crew.recall(2);
  CHECK(scene.returned.empty());
  scene.crew.recall(1);
  CHECK(scene.returned == Texts{"low"});
}

TEST_CASE("crew: a run is cancelled at its time, and killed a second later") {
  CrewScene scene;
  scene.ready();
  scene.hand("hang");
  scene.turn();
  auto& runner = scene.runners.last();
  runner.begin(scene.clock.now());
  scene.pass(10s);
  CHECK_FALSE(runner.is_cancelled());
  scene.pass(25ms);
  CHECK(runner.is_cancelled());
  scene.pass(975ms);
  CHECK_FALSE(runner.is_dead());
  scene.pass(25ms);
  while (!runner.is_dead()) continue;
  scene.turn();
  CHECK(scene.ended == Texts{"hang: timed out"});
}

TEST_CASE("crew: a killed runner that can't be reaped, or does not go, is followed by another") {
  bool keeps = false;
  SUBCASE("it has ended, but a tracer holds it") {}
  SUBCASE("it hangs in the kernel") {
    keeps = true;
  }
  CrewScene scene;
  scene.ready();
  scene.hand("hang");
  scene.turn();
  const pid_t pid = scene.crew.look().at(0).pid;
  const ForeignTracer tracer(pid, keeps);
  if (!tracer.is_attached()) SKIP_TEST("nobody may trace here");
  scene.runners.last().begin(scene.clock.now());
  scene.pass(11s + 25ms);
  CHECK(scene.crew.ready() == 0);
  if (keeps) {
    scene.pass(5s - 25ms);
    CHECK(scene.ended.empty());
    scene.pass(50ms);
  }
  for (const auto until = monotonic_now() + 10s; scene.ended.empty() && monotonic_now() < until;)
    scene.turn();
  CHECK(scene.ended == Texts{"hang: timed out"});
  scene.pass(1s);
  REQUIRE(scene.runners.all.size() == 2);
  scene.ready();
  CHECK(scene.crew.look().at(0).pid != pid);
}

namespace {

// What comes back is handed out again.
struct PatientScene : CrewScene {
  actiond::DeliveryPointer back;
  ~PatientScene() override { forget(); }
  void forget() {
    if (back) back->is_settled = true;
  }
  void on_returned(DeliveryPointer delivery) override {
    forget();
    returned.push_back(delivery->message.event);
    back = std::move(delivery);
  }
  void hand_again() {
    RunnerSlot* slot = crew.freest(64);
    REQUIRE(slot != nullptr);
    slot->hand(std::move(back));
    turn();
  }
  void lose_runner() {
    runners.last().die();
    turn();
    pass(1s);
    ready();
    run_another();
  }
  // Which excuses nothing.
  void run_another() {
    hand("innocent");
    turn();
    runners.last().run(clock.now(), 1us);
    turn();
  }
};

}  // namespace

TEST_CASE("crew: an event that was next when three runners died is taken to have begun") {
  PatientScene scene;
  scene.ready();
  scene.hand("mail");
  scene.hand("behind");
  scene.turn();
  scene.lose_runner();
  CHECK(scene.returned == Texts{"behind", "mail"});
  scene.hand_again();
  scene.lose_runner();
  CHECK(scene.ended == Texts{"innocent: done", "innocent: done"});
  scene.hand_again();
  scene.runners.last().die();
  scene.turn();
  CHECK(scene.ended.back() == "mail: crashed");
}

TEST_CASE("crew: while there is no room for what handlers queue, nobody is listened to") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.is_full = true;
  scene.runners.last().run(scene.clock.now(), 1us);
  scene.turn();
  CHECK(scene.ended.empty());
  scene.is_full = false;
  scene.turn();
  CHECK(scene.ended == Texts{"mail: done"});
}

TEST_CASE("crew: it ticks while something runs or loads, and rests otherwise") {
  CrewScene scene;
  scene.pass(100ms);
  CHECK(scene.ticks == 4 - 1);  // armed by the first turn
  scene.ready();
  scene.pass(25ms);
  const int before = scene.ticks;
  scene.pass(1s);
  CHECK(scene.ticks == before);
  CHECK_FALSE(scene.clock.is_any_set());
  scene.hand("mail");
  scene.turn();
  scene.pass(100ms);
  CHECK(scene.ticks == before + 4);
}

TEST_CASE("crew: what is stopped ends so, and who is retired is followed by none") {
  CrewScene scene;
  scene.ready();
  scene.hand("mail");
  scene.turn();
  scene.runners.last().begin(scene.clock.now());
  scene.crew.retire();
  scene.crew.stop("told to stop now");
  while (!scene.runners.last().is_dead()) continue;
  scene.turn();
  CHECK(scene.ended == Texts{"mail: stopped"});
  scene.pass(1s);
  CHECK(scene.runners.all.size() == 1);
  scene.crew.end();
}

namespace {

// A runner that has written more whenever something of it was read.
struct EndlessScene : CrewScene {
  static constexpr int kInSocket = 8;  // lines; a read takes the half of them
  const std::string line = std::string(16 * 1024 - 21, 'x');
  int lines = 0;
  int most = 10000;
  int room_until = 10000;

  void begin() {
    ready();
    for (int i = 0; i < kInSocket; ++i) runners.last().log(line);
  }
  void on_logged(Delivery*, const LogFrame&) override {
    if (++lines < most) runners.last().log(line);
    is_full = lines >= room_until;
  }
};

}  // namespace

TEST_CASE("crew: a runner that never stops to write is read in parts, turn by turn") {
  EndlessScene scene;
  scene.begin();
  scene.turn();
  const int first = scene.lines;
  CHECK(first > 0);
  CHECK(first < 100);
  scene.turn();
  CHECK(scene.lines == 2 * first);
}

TEST_CASE("crew: it is read no further than there is room for what it sends") {
  EndlessScene scene;
  scene.begin();
  scene.room_until = 6;
  scene.turn();
  CHECK(scene.lines >= 6);
  CHECK(scene.lines < 12);
  const int before = scene.lines;
  scene.turn();
  CHECK(scene.lines == before);
}

TEST_CASE("crew: of a runner that is dead nothing is left unread") {
  EndlessScene scene;
  scene.begin();
  scene.most = 0;
  scene.is_full = true;
  scene.runners.last().die();
  scene.turn();
  CHECK(scene.lines == EndlessScene::kInSocket);
}
