// When a session looks at its broker, and what it finds missing.
#include <fcntl.h>
#include <unistd.h>

#include "session_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("session: a quiet broker is looked at when something has come, and at each heartbeat") {
  SessionScene scene;
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  scene.wakes_by = {ends[0]};
  scene.await_try();
  const auto turn = [&] {
    scene.session.arm();
    scene.io.poll();
    scene.session.receive(scene.listener);
    return scene.broker->looks;
  };
  CHECK(turn() == 1);  // what came with the login
  CHECK(turn() == 1);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  CHECK(turn() == 2);
  char byte;
  REQUIRE(::read(ends[0], &byte, 1) == 1);
  CHECK(turn() == 2);
  scene.clock.advance(4s);
  CHECK(turn() == 3);
  CHECK(turn() == 3);
  for (const int end : ends) ::close(end);
}

TEST_CASE("session: who has enough to do is woken once by what can wait, and looks in each turn") {
  SessionScene scene;
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  scene.wakes_by = {ends[0]};
  scene.await_try();
  scene.session.receive(scene.listener);
  REQUIRE(::write(ends[1], "x", 1) == 1);
  const auto is_woken = [&](bool has_enough) {
    scene.session.arm(has_enough);
    scene.io.restart();
    return scene.io.poll() > 0;
  };
  CHECK(is_woken(true));
  CHECK_FALSE(is_woken(true));
  const int looks = scene.broker->looks;
  scene.session.receive(scene.listener);
  CHECK(scene.broker->looks == looks + 1);
  CHECK_FALSE(is_woken(true));
  CHECK(is_woken(false));
  for (const int end : ends) ::close(end);
}

TEST_CASE("session: of several connections those are looked at that have something") {
  SessionScene scene;
  int first[2], second[2];
  REQUIRE(::pipe2(first, O_NONBLOCK | O_CLOEXEC) == 0);
  REQUIRE(::pipe2(second, O_NONBLOCK | O_CLOEXEC) == 0);
  scene.wakes_by = {first[0], second[0]};
  scene.await_try();
  const auto skipped = [&] {
    scene.broker->skipped.clear();
    scene.session.arm();
    scene.io.poll();
    scene.session.receive(scene.listener);
    return scene.broker->skipped;
  };
  CHECK(skipped().empty());  // the first look is at both
  CHECK(skipped().empty());  // there is no look, so nothing is skipped by a later one
  CHECK(scene.broker->looks == 1);
  REQUIRE(::write(first[1], "x", 1) == 1);
  CHECK(skipped() == std::vector<std::size_t>{1});
  REQUIRE(::write(second[1], "x", 1) == 1);
  CHECK(skipped().empty());
  CHECK(scene.broker->looks == 3);
  for (const int end : {first[0], first[1], second[0], second[1]}) ::close(end);
}

TEST_CASE("session: queues that nothing is taken from are told of, and tried again after a look") {
  SessionScene scene([]() -> Result<std::vector<std::string>> {
    return std::vector<std::string>{"the queue x was gone"};
  });
  scene.await_try();
  FakeBroker* const broker = scene.broker;
  scene.session.receive(scene.listener);
  for (int looks = 1; looks <= 3; ++looks) {
    broker->queue_problems = {{"no right to read high"}};
    scene.session.receive(scene.listener);
    CHECK(scene.session.queue_problems() == std::vector<std::string>{"no right to read high"});
    scene.clock.advance(looks == 1 ? 0s : std::chrono::seconds(looks - 1));
    scene.await_try();
    CHECK(broker->take() == std::vector<std::string>{"tended"});
  }
  CHECK(scene.times_logged("no right to read high") == 1);
  CHECK(scene.times_logged("the queue x was gone") == 3);
  broker->queue_problems.emplace();
  scene.session.receive(scene.listener);
  CHECK(scene.session.queue_problems().empty());
  CHECK(scene.times_logged("all queues are consumed again") == 1);
  CHECK(scene.session.broker() == broker);
  CHECK(scene.times_lost == 0);
}

TEST_CASE("session: after a loss, queues that nothing is taken from are told of again") {
  SessionScene scene([]() -> Result<std::vector<std::string>> { return Error{"no"}; });
  for (int connections = 1; connections <= 2; ++connections) {
    scene.await_try();
    scene.broker->queue_problems = {{"no right to read high"}};
    scene.session.receive(scene.listener);
    CHECK(scene.times_logged("no right to read high") == connections);
    scene.session.lose(Error{"cut"});
    scene.clock.advance(1s);
  }
  CHECK(scene.times_logged("all queues are consumed again") == 0);
}

TEST_CASE("session: what can't be looked at is told once, tried again, and keeps back no queue") {
  SessionScene scene([]() -> Result<std::vector<std::string>> { return Error{"no right"}; });
  scene.await_try();
  scene.session.tend();
  for (const auto wait : {0s, 1s, 2s}) {
    scene.clock.advance(wait);
    scene.await_try();
  }
  CHECK(scene.times_logged("can't check the broker's queues: no right") == 1);
  CHECK(scene.broker->take() == std::vector<std::string>(3, "tended"));
}
