// What handlers queue: published with their run's outcome, and awaited before it is settled.
#include <doctest/doctest.h>

#include "poller/delivery/settler.hpp"
#include "settler_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using Said = std::vector<std::string>;

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

TEST_CASE("settler: what was queued when its connection was lost is sent by the next one") {
  SettlerScene scene;
  auto delivery = scene.delivery();
  scene.broker.refusal = lost.error();
  scene.settler.queue(*delivery, {"low", event("a")});
  scene.settler.resume(MonotonicTime{} + 1min);  // whenever the loss is noticed
  CHECK(scene.lose() == 0);
  FakeBroker next;
  scene.settler.connected(next, 2);
  delivery->epoch = 2;
  scene.settler.send_unsent(*delivery);
  scene.end(std::move(delivery), Ending::Done);
  CHECK(next.take() == Said{"publish low a"});
  scene.settler.published(1, taken);
  CHECK(next.take() == Said{"ack 0 5"});
}
