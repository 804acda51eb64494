#include "poller/delivery/settler.hpp"

#include <doctest/doctest.h>

#include "../fake_broker.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using Said = std::vector<std::string>;

namespace {

struct SettlerScene {
  DeliveryPool pool;
  FakeBroker broker;
  Said settled;
  Chances chances{};
  Settler settler{"host/1",
                  [this](const Delivery& delivery, std::int64_t) {
                    return Verdict{settlement_for(delivery.outcome.ending, chances), 2000ms};
                  },
                  [this](const Delivery& delivery, Settlement settlement) {
                    settled.push_back(
                        fmt::format("{} {}", delivery.message.event, static_cast<int>(settlement)));
                    trail = delivery.message.trail;
                  }};
  action::Trail trail;  // of what was settled last

  SettlerScene() { settler.connected(broker, 1); }
  ~SettlerScene() { lose(); }
  // Ends what is not settled.
  std::size_t lose() {
    const auto left = settler.lost();
    for (const auto& delivery : left) delivery->is_settled = true;
    return left.size();
  }

  DeliveryPointer delivery(std::uint64_t tag = 5) {
    DeliveryPointer made = pool.get();
    made->message.event = "mail";
    made->queue_name = "high";
    made->tag = tag;
    made->epoch = 1;
    return made;
  }
  void end(DeliveryPointer ended, Ending ending, const std::string& reason = "") {
    ended->outcome = {ending, reason, 2000ms, 0ns};
    settler.ended(std::move(ended));
  }
  static std::string by(Settlement settlement) {
    return fmt::format("mail {}", static_cast<int>(settlement));
  }
};

Message event(const std::string& name) {
  Message message;
  message.event = name;
  return message;
}

const Result<void> taken;
const Result<void> refused = Error{"no room"};
const Result<void> missing = Error{"no queue", Fault::Missing};
const Result<void> not_now = Error{"nack", Fault::NotNow};
const Result<void> undecided = Error{"another was refused", Fault::Undecided};
const Result<void> lasting = Error{"too large", Fault::Lasting};

}  // namespace

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
  }
  scene.settler.published(++number, taken);
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

TEST_CASE("settler: a success waits until all that it queued is confirmed") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.settler.queue(*delivery, {"low", event("a")});
  scene.settler.queue(*delivery, {"low", event("b")});
  scene.end(std::move(delivery), Ending::Done);
  scene.settler.published(2, taken);
  CHECK(scene.broker.take() == Said{"publish low a", "publish low b"});
  scene.settler.published(1, taken);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
}

TEST_CASE("settler: what it queues for later goes to the delay queues, and is awaited as well") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.settler.queue(*delivery, {"low", event("a"), 1500ms});
  scene.settler.queue(*delivery, {"low", event("b"), -1ms});
  scene.end(std::move(delivery), Ending::Done);
  CHECK(scene.broker.take() == Said{"later low a 1500", "publish low b"});
  scene.settler.published(2, taken);
  CHECK(scene.broker.take().empty());
  scene.settler.published(1, taken);
  CHECK(scene.broker.take() == Said{"ack 0 5"});
}

TEST_CASE("settler: what it queued was not taken, so it has failed") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.settler.queue(*delivery, {"low", event("a")});
  scene.end(std::move(delivery), Ending::Done);
  scene.settler.published(1, refused);
  CHECK(scene.broker.take() ==
        Said{"publish low a", "dead mail what it queued was not taken: no room"});
}

TEST_CASE("settler: what it queued and the broker does not take now is sent again for 10 s") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.settler.queue(*delivery, {"low", event("a")});
  scene.end(std::move(delivery), Ending::Done);
  MonotonicTime now{};
  for (std::uint64_t number = 1; number <= 50; ++number, now += 200ms) {
    CHECK(scene.broker.take() == Said{"publish low a"});
    scene.settler.published(number, not_now);
    CHECK(scene.settler.next_try() == now + 200ms);
    CHECK(scene.settler.stuck() == 0);
    scene.settler.resume(now + 199ms);
    CHECK(scene.broker.take().empty());
    scene.settler.resume(now + 200ms);
  }
  CHECK(scene.broker.take() == Said{"publish low a"});
  SUBCASE("taken") {
    scene.settler.published(51, taken);
    CHECK(scene.broker.take() == Said{"ack 0 5"});
  }
  SUBCASE("never") {
    scene.settler.published(51, not_now);
    CHECK(scene.broker.take() == Said{"dead mail what it queued was not taken: nack"});
  }
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

TEST_CASE("settler: what handlers queue is bounded in bytes as well, sent or kept back") {
  SettlerScene scene;
  SUBCASE("sent") {}
  SUBCASE("kept back") {
    scene.broker.blocked = true;
  }
  auto delivery = scene.delivery();
  for (int i = 0; i < 65; ++i) {
    CHECK_FALSE(scene.settler.is_congested());
    Message large = event("a");
    large.body.assign(1 << 20, 'x');
    scene.settler.queue(*delivery, {"low", std::move(large)});
  }
  CHECK(scene.settler.is_congested());
  scene.broker.blocked = false;
  scene.settler.resume({});
  for (std::uint64_t number = 1; number <= 65; ++number) scene.settler.published(number, taken);
  CHECK_FALSE(scene.settler.is_congested());
  scene.end(std::move(delivery), Ending::Done);
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

TEST_CASE("settler: what was queued and not confirmed is sent by the next connection, once") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.settler.queue(*delivery, {"low", event("a")});
  scene.settler.queue(*delivery, {"low", event("b")});
  scene.settler.published(1, taken);
  scene.broker.blocked = true;
  scene.settler.queue(*delivery, {"low", event("c"), 1500ms});
  CHECK(scene.lose() == 0);
  scene.settler.queue(*delivery, {"low", event("d")});
  FakeBroker next;
  scene.settler.connected(next, 2);
  scene.settler.queue(*delivery, {"low", event("e")});
  CHECK(next.take().empty());  // the delivery is not of this connection
  delivery->epoch = 2;
  scene.settler.send_unsent(*delivery);
  CHECK(next.take() == Said{"publish low b", "later low c 1500", "publish low d", "publish low e"});
  scene.end(std::move(delivery), Ending::Done);
  for (std::uint64_t number = 1; number <= 3; ++number) scene.settler.published(number, taken);
  CHECK(next.take().empty());
  scene.settler.published(4, taken);
  CHECK(next.take() == Said{"ack 0 5"});
}

TEST_CASE("settler: without a broker handlers can't queue without end") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  CHECK(scene.lose() == 0);
  for (int i = 0; i < 1001; ++i) scene.settler.queue(*delivery, {"low", event("a")});
  CHECK(scene.settler.is_congested());
  FakeBroker next;
  scene.settler.connected(next, 2);
  CHECK_FALSE(scene.settler.is_congested());
  for (int i = 0; i < 4000; ++i) scene.settler.queue(*delivery, {"low", event("a")});
  CHECK(delivery->storing.unsent.size() == 5000);
  CHECK(delivery->storing.publish_problem != "");
  delivery->is_settled = true;
}

TEST_CASE("settler: a stopped event is given back") {
  SettlerScene scene;
  scene.end(scene.delivery(), Ending::Stopped, "stopped");
  CHECK(scene.broker.take() == Said{"give back 0 5"});
}
