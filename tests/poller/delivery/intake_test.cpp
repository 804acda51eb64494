#include "poller/delivery/intake.hpp"

#include <doctest/doctest.h>

#include "../fake_broker.hpp"

using namespace actiond;
using Said = std::vector<std::string>;

namespace {

struct IntakeScene {
  const std::vector<std::string> queues{"high", "low"};
  DeliveryPool pool;
  FakeBroker broker;
  Intake intake{queues, pool};
  std::uint64_t tags[2] = {0, 0};

  IntakeScene() {
    intake.connected(broker, 1);
    open(2);
    broker.take();
  }
  void open(int prefetch) {
    REQUIRE(intake.open(prefetch).ok());
    for (const QueueIndex queue : {0, 1}) intake.consuming(queue, prefetch);
  }
  ~IntakeScene() { intake.lost(); }

  void deliver(QueueIndex queue, const std::string& event) {
    Message message;
    message.event = event;
    intake.delivered(queue, ++tags[queue], false, message);
  }
  // The event that starts now; "" for none. It counts as acknowledged at once.
  std::string start() {
    DeliveryPointer delivery = intake.next();
    if (!delivery) return "";
    delivery->is_settled = true;
    intake.settled(delivery->queue);
    return delivery->message.event;
  }
};

}  // namespace

TEST_CASE("intake: a lower queue waits until the higher one is proven empty") {
  IntakeScene scene;
  scene.deliver(1, "low");
  CHECK(scene.start() == "");
  CHECK(scene.broker.take() == Said{"probe 0"});
  CHECK(scene.start() == "");
  CHECK(scene.broker.take().empty());  // asked once
  scene.intake.proven_empty(0);
  CHECK(scene.start() == "low");
}

TEST_CASE("intake: what a probe brings runs first, and the question is asked again") {
  IntakeScene scene;
  scene.deliver(1, "low");
  CHECK(scene.start() == "");
  scene.deliver(0, "high");
  scene.intake.probe_delivered(0);
  CHECK(scene.start() == "high");
  CHECK(scene.start() == "");
  CHECK(scene.broker.take() == Said{"probe 0", "probe 0"});
}

TEST_CASE("intake: after as many deliveries as the credit a proof is worth nothing") {
  IntakeScene scene;
  scene.deliver(1, "low 1");
  scene.deliver(1, "low 2");
  scene.start();
  scene.intake.proven_empty(0);
  CHECK(scene.start() == "low 1");
  scene.deliver(0, "high 1");
  scene.deliver(0, "high 2");
  CHECK(scene.start() == "high 1");
  CHECK(scene.start() == "high 2");
  CHECK(scene.start() == "");
}

TEST_CASE("intake: an answer to a question from before the consumer was made anew proves nothing") {
  IntakeScene scene;
  scene.deliver(1, "low");
  CHECK(scene.start() == "");
  scene.open(5);
  scene.intake.proven_empty(0);
  CHECK(scene.start() == "");
}

TEST_CASE("intake: before the consumer is in force nothing is asked and nothing lower starts") {
  IntakeScene scene;
  scene.deliver(1, "low");
  REQUIRE(scene.intake.open(5).ok());
  scene.broker.take();
  CHECK(scene.start() == "");
  CHECK(scene.broker.take().empty());
  scene.intake.consuming(0, 5);
  CHECK(scene.start() == "");
  CHECK(scene.broker.take() == Said{"probe 0"});
}

TEST_CASE("intake: closing gives back what waits, and what still comes") {
  IntakeScene scene;
  scene.deliver(0, "one");
  REQUIRE(scene.intake.close().ok());
  scene.deliver(1, "two");
  CHECK(scene.broker.take() == Said{"cancel 0", "give back 0 1", "cancel 1", "give back 1 1"});
  CHECK(scene.start() == "");
}

TEST_CASE("intake: what a runner had not begun runs first again") {
  IntakeScene scene;
  scene.deliver(0, "one");
  scene.deliver(0, "two");
  DeliveryPointer one = scene.intake.next();
  scene.intake.put_back(std::move(one));
  CHECK(scene.start() == "one");
  CHECK(scene.start() == "two");
}

TEST_CASE("intake: with the connection everything that waits is gone") {
  IntakeScene scene;
  scene.deliver(0, "one");
  DeliveryPointer running = scene.intake.next();
  scene.deliver(0, "two");
  scene.intake.lost();
  FakeBroker next;
  scene.intake.connected(next, 2);
  REQUIRE(scene.intake.open(2).ok());
  CHECK(scene.start() == "");
  scene.intake.put_back(std::move(running));  // of the old connection: not ours to give back
  CHECK(scene.start() == "");
  CHECK(next.take() == Said{"consume 0 2", "consume 1 2"});
}

TEST_CASE("intake: a paused queue is not consumed from, and keeps no lower one waiting") {
  IntakeScene scene;
  scene.deliver(0, "high");
  scene.deliver(1, "low");
  CHECK(scene.intake.pause(0, true));
  CHECK_FALSE(scene.intake.pause(0, true));
  CHECK(scene.broker.take() == Said{"cancel 0", "give back 0 1"});
  CHECK(scene.start() == "low");
  scene.deliver(0, "late");  // was on its way
  CHECK(scene.broker.take() == Said{"give back 0 2"});
  scene.open(4);  // another prefetch, of the others
  CHECK(scene.broker.take() == Said{"consume 1 4"});
  REQUIRE(scene.intake.close());
  CHECK(scene.broker.take() == Said{"cancel 1"});
}

TEST_CASE("intake: a queue that is resumed goes first again") {
  IntakeScene scene;
  scene.intake.pause(0, true);
  scene.deliver(1, "low");
  scene.broker.take();
  CHECK(scene.intake.pause(0, false));
  CHECK(scene.broker.take() == Said{"consume 0 2"});
  CHECK(scene.start() == "");  // until it is known to be empty
  scene.intake.consuming(0, 2);
  scene.deliver(0, "high");
  CHECK(scene.start() == "high");
}

TEST_CASE("intake: a pause outlives the connection") {
  IntakeScene scene;
  scene.intake.pause(0, true);
  scene.intake.lost();
  scene.intake.connected(scene.broker, 2);
  scene.broker.take();
  scene.open(2);
  CHECK(scene.broker.take() == Said{"consume 1 2"});
}
