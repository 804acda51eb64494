#include "poller/delivery/settler.hpp"

#include <doctest/doctest.h>

#include "settler_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using Said = std::vector<std::string>;

TEST_CASE("settler: a success is acknowledged at once") {
  SettlerScene scene;
  scene.end(scene.delivery(), Ending::Done);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
  CHECK(scene.settled == Said{SettlerScene::by(Settlement::Acknowledge)});
}

TEST_CASE("settler: a failure is acknowledged only once its dead letter is confirmed") {
  SettlerScene scene;
  scene.end(scene.delivery(), Ending::Failed, "boom");
  CHECK(scene.broker.take() == Said{"dead mail boom"});
  CHECK(scene.settled.empty());
  scene.settler.published(1, taken);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
}

TEST_CASE(
    "settler: a dead letter that has no queue is stored once there is one, and not run again") {
  SettlerScene scene;
  scene.end(scene.delivery(), Ending::Failed, "boom");
  scene.settler.published(1, missing);
  CHECK(scene.broker.take() == Said{"dead mail boom"});
  CHECK(scene.settler.take_missing());  // the queue is to be made anew
  CHECK_FALSE(scene.settler.take_missing());
  scene.settler.resume(MonotonicTime{} + 1s);
  CHECK(scene.broker.take() == Said{"dead mail boom"});
  scene.settler.published(2, taken);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
}

TEST_CASE("settler: what is queued for a missing queue waits 2 s for it to be made anew") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.settler.queue(*delivery, {"low", event("a")});
  scene.end(std::move(delivery), Ending::Done);
  MonotonicTime now{};
  for (std::uint64_t number = 1; number <= 10; ++number) {
    CHECK(scene.broker.take() == Said{"publish low a"});
    scene.settler.published(number, missing);
    CHECK(scene.settler.take_missing());
    scene.settler.resume(now += 200ms);
  }
  CHECK(scene.broker.take() == Said{"publish low a"});
  scene.settler.published(11, missing);
  CHECK(scene.broker.take() == Said{"dead mail what it queued was not taken: no queue"});
}

TEST_CASE("settler: a copy that is refused is tried again after growing waits, and only the copy") {
  SettlerScene scene;
  scene.chances.has_attempts = true;
  scene.end(scene.delivery(), Ending::Failed, "boom");
  std::uint64_t number = 0;
  MonotonicTime now{};
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    CHECK(scene.broker.take() == Said{"later high mail 2000"});
    scene.settler.published(++number, refused);
    CHECK(scene.broker.take().empty());
    CHECK(scene.settler.stuck() == 1);
    CHECK(scene.settler.problem() == "what became of mail  can't be stored: no room");
    CHECK(scene.settler.next_try() == now + wait);
    scene.settler.resume(now + wait - 1ms);
    CHECK(scene.broker.take().empty());
    now += wait;
    scene.settler.resume(now);
    CHECK(scene.settler.stuck() == 1);  // being tried again, it is not stored yet
  }
  scene.settler.published(++number, taken);
  CHECK(scene.settler.stuck() == 0);
  CHECK(scene.broker.take() == Said{"later high mail 2000", "ack 0 5"});
  CHECK(scene.trail.attempt == 2);
  CHECK(scene.settler.problem().empty());
  CHECK_FALSE(scene.settler.take_missing());
}

TEST_CASE("settler: what was lost with another's refusal is sent again at once") {
  SettlerScene scene;
  scene.end(scene.delivery(), Ending::Failed, "boom");
  scene.settler.published(1, undecided);
  CHECK(scene.broker.take() == Said{"dead mail boom", "dead mail boom"});
  auto delivery = scene.delivery(6);
  scene.settler.queue(*delivery, {"low", event("audit")});
  scene.settler.published(3, undecided);
  CHECK(scene.broker.take() == Said{"publish low audit", "publish low audit"});
  scene.end(std::move(delivery), Ending::Done);
  CHECK(scene.broker.take().empty());
  scene.settler.published(4, taken);
  CHECK(scene.broker.take() == Said{"ack 0 6"});
}

TEST_CASE("settler: an event that is too large for a copy is a dead letter with its body cut") {
  SettlerScene scene;
  scene.chances.has_attempts = true;
  auto delivery = scene.delivery();
  delivery->message.body = std::string(100000, 'x');
  scene.end(std::move(delivery), Ending::Failed, "boom");
  CHECK(scene.broker.take() == Said{"later high mail 2000"});
  scene.settler.published(1, lasting);
  CHECK(scene.broker.take() ==
        Said{"dead mail boom; it can't be stored again as it is, so its body of 100000 bytes was "
             "cut to 65536: too large"});
  scene.settler.published(2, taken);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
  CHECK(scene.trail.attempt == 1);
  CHECK(scene.settled == Said{SettlerScene::by(Settlement::DeadLetter)});
}

TEST_CASE("settler: a publication that can't even be sent ends its delivery") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.broker.refusal = Error{"a name is too long", Fault::Lasting};
  scene.settler.queue(*delivery, {"low", event("audit")});
  scene.broker.refusal.reset();
  scene.end(std::move(delivery), Ending::Done);
  CHECK(scene.broker.take() == Said{"dead mail what it queued was not taken: a name is too long"});
}

TEST_CASE("settler: a retry is the next attempt, and tells of this one") {
  SettlerScene scene;
  scene.chances.has_attempts = true;
  auto delivery = scene.delivery();
  delivery->plugin = "mail.so 1a2b";
  delivery->message.trail.attempt = 3;
  delivery->message.trail.first_failed_at_ms = 17;
  scene.end(std::move(delivery), Ending::Failed, "boom");
  CHECK(scene.broker.take() == Said{"later high mail 2000"});
  CHECK(scene.settled.empty());
  scene.settler.published(1, taken);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
  CHECK(scene.trail.attempt == 4);
  CHECK(scene.trail.queue == "high");
  CHECK(scene.trail.error == "boom");
  CHECK(scene.trail.poller == "host/1");
  CHECK(scene.trail.plugin == "mail.so 1a2b");
  CHECK(scene.trail.first_failed_at_ms == 17);
  CHECK(scene.trail.failed_at_ms > 17);
}

TEST_CASE("settler: a dead letter keeps the number of the attempt that failed") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  delivery->message.trail.attempt = 20;
  scene.end(std::move(delivery), Ending::Failed, "boom");
  scene.settler.published(1, taken);
  CHECK(scene.trail.attempt == 20);
}

TEST_CASE("settler: an unknown event spends no attempt and remembers since when") {
  SettlerScene scene;
  scene.chances.may_become_known = true;
  scene.end(scene.delivery(), Ending::Unknown);
  scene.settler.published(1, taken);
  CHECK(scene.trail.attempt == 1);
  CHECK(scene.trail.unknown_since_ms > 0);
  CHECK(scene.trail.failed_at_ms == 0);

  auto again = scene.delivery();
  again->message.trail.unknown_since_ms = 1'700'000'000'000;
  scene.end(std::move(again), Ending::Unknown);
  scene.settler.published(2, taken);
  CHECK(scene.trail.unknown_since_ms == 1'700'000'000'000);

  auto known = scene.delivery();
  known->message.trail.unknown_since_ms = 17;
  scene.end(std::move(known), Ending::Snoozed);
  scene.settler.published(3, taken);
  CHECK(scene.trail.unknown_since_ms == 0);
}

TEST_CASE("settler: an event that only came too early is marked, and unmarked by its run") {
  SettlerScene scene;
  const struct {
    const char* reason;  // of what is early
    std::uint64_t run;
    bool is_marked;
  } rows[] = {{"came before its time", 0, true}, {"", 0, false}, {"snoozed", 1, false}};
  std::uint64_t number = 0;
  for (const auto& row : rows) {
    auto delivery = scene.delivery();
    delivery->run = row.run;
    delivery->message.trail.is_early = !row.is_marked;
    scene.end(std::move(delivery), Ending::Snoozed, row.reason);
    CHECK(scene.broker.stored.trail.is_early == row.is_marked);
    scene.settler.published(++number, taken);
  }
}

TEST_CASE("settler: a snooze goes to the delay queues with no attempt spent") {
  SettlerScene scene;
  scene.end(scene.delivery(), Ending::Snoozed);
  CHECK(scene.broker.take() == Said{"later high mail 2000"});
  scene.settler.published(1, taken);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
}

TEST_CASE("settler: while the broker is blocked publications are kept back, in order") {
  SettlerScene scene;
  scene.broker.blocked = true;
  auto delivery = scene.delivery();
  scene.settler.queue(*delivery, {"low", event("a")});
  scene.settler.queue(*delivery, {"low", event("b"), 1500ms});
  scene.end(std::move(delivery), Ending::Done);
  scene.end(scene.delivery(6), Ending::Failed, "boom");
  scene.settler.resume({});
  CHECK(scene.broker.take().empty());
  scene.broker.blocked = false;
  scene.settler.resume({});
  CHECK(scene.broker.take() == Said{"publish low a", "later low b 1500", "dead mail boom"});
}

TEST_CASE("settler: with the connection every tag is void") {
  SettlerScene scene;
  scene.end(scene.delivery(5), Ending::Failed, "boom");
  scene.broker.take();
  CHECK(scene.lose() == 1);
  CHECK(scene.settled.empty());
  FakeBroker next;
  scene.settler.connected(next, 2);
  scene.settler.published(1, taken);  // a number of the old connection
  CHECK(next.take().empty());
  CHECK(scene.settler.unfinished() == 0);
}

TEST_CASE(
    "settler: a retry that was not confirmed is the attempt that it was, for whoever settles") {
  SettlerScene scene;
  scene.chances.has_attempts = true;
  SUBCASE("sent") {}
  SUBCASE("kept back") {
    scene.broker.blocked = true;
  }
  scene.end(scene.delivery(), Ending::Failed, "boom");
  const auto left = scene.settler.lost();
  REQUIRE(left.size() == 1);
  CHECK(left.front()->message.trail.attempt == 1);
  left.front()->is_settled = true;
}

TEST_CASE("settler: a stopped event is given back") {
  SettlerScene scene;
  scene.end(scene.delivery(), Ending::Stopped, "stopped");
  CHECK(scene.broker.take() == Said{"give back 0 5"});
}

TEST_CASE("settler: what was cut is whole again if its connection is lost before it is stored") {
  SettlerScene scene;
  const std::string body(100000, 'x');
  auto delivery = scene.delivery();
  delivery->message.body = body;
  scene.end(std::move(delivery), Ending::Failed, "boom");
  scene.settler.published(1, lasting);
  const auto left = scene.settler.lost();
  REQUIRE(left.size() == 1);
  CHECK(left.front()->message.body == body);
  CHECK(left.front()->outcome.reason == "boom");
  left.front()->is_settled = true;
}

TEST_CASE("settler: a copy that could not be sent over a lost connection is no problem") {
  SettlerScene scene;
  scene.broker.refusal = lost.error();
  scene.end(scene.delivery(), Ending::Failed, "boom");
  CHECK(scene.settler.problem() == "");
  CHECK(scene.lose() == 1);
  CHECK(scene.settler.stuck() == 0);
}
