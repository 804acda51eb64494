// What connecting costs a poller whose broker is far away.
#include <cstdlib>

#include "../network/proxy.hpp"
#include "broker/look.hpp"
#include "client/rabbitmq/broker_url.hpp"
#include "place.hpp"
#include "skipping.hpp"

using namespace std::chrono_literals;

using namespace actiond;
using namespace actiond::test;

namespace {

// With classic and with quorum queues, which a poller has declared before.
void at_declared_rabbit(const std::function<void(Place&)>& test) {
  if (std::getenv("ACTION_TEST_BROKER") == nullptr) SKIP_TEST("ACTION_TEST_BROKER names no broker");
  everywhere([&](Place& place) {
    if (!place.config().brokers.front().starts_with("amqp")) return;
    (void)place.connect()->close();
    test(place);
  });
}

}  // namespace

TEST_CASE("far broker: a poller is connected after six round trips at most when all is there") {
  at_declared_rabbit([](Place& place) {
    Config config = place.config();
    const Proxy proxy(config.brokers.front(), [](Towards, int) { return 250ms; });
    config.brokers = {proxy.url()};
    const auto broker = actiond::connect_broker(config, "broker_tests", 30s);
    REQUIRE(broker);
    CHECK(proxy.connections() == 2);
    CHECK(proxy.round_trips() <= 6);
  });
}

TEST_CASE("far broker: a look costs no round trip for each queue") {
  at_declared_rabbit([](Place& place) {
    Config config = place.config();
    const Proxy proxy(config.brokers.front(), [](Towards, int) { return 100ms; });
    config.brokers = {proxy.url()};
    const auto look = look_at_broker(config, "broker_tests", 30s);
    REQUIRE(look);
    CHECK(look->queues.size() == config.queues.size() + 1);
    // Four to connect; a channel, the queues and what is not there of them, who paused them (a
    // quorum queue twice), goodbye.
    CHECK(proxy.round_trips() <= 11);
  });
}

TEST_CASE("far broker: a queue that it answers nothing about holds up no other, and is taken up") {
  at_declared_rabbit([](Place& place) {
    enqueue(place, "high", {event("e")});
    enqueue(place, "low", {event("f")});
    Config config = place.config();
    Proxy proxy(config.brokers.front(), [](Towards, int) { return 0ms; });
    config.brokers = {proxy.url()};
    const std::string low = config.application + ".low";
    for (const auto& name : {low, config.application + ".dead"}) proxy.hold(name);

    const auto look = look_at_broker(config, "broker_tests", 4s);
    REQUIRE_MESSAGE(look, look.error().text);
    for (const auto& queue : look->queues) {
      CAPTURE(queue.name);
      const bool is_silent = queue.name == "low" || queue.name == "dead";
      CHECK(queue.problem.empty() == !is_silent);
      if (queue.name == "high") CHECK(queue.ready == 1);
    }
    const auto tended = tend_broker(config, "broker_tests", 4s);
    CHECK_MESSAGE(tended, tended.error().text);

    auto broker = connect_broker(config, "broker_tests", 4s);
    REQUIRE_MESSAGE(broker, broker.error().text);
    Consumer consumer(std::move(*broker), config.queues_to_consume().size(), 100);
    consumer.take(1);
    CHECK(consumer.seen.empty());
    const auto problems = consumer.broker->take_queue_problems();
    REQUIRE(problems);
    REQUIRE(problems->size() == 1);
    CHECK(problems->front().find(low + "' can't be used: the broker answers nothing about it") !=
          std::string::npos);
    REQUIRE(consumer.broker->tended());
    REQUIRE(consumer.broker->tended());  // what is not answered is not asked twice
    proxy.release();
    consumer.take(1);
    CHECK(consumer.broker->take_queue_problems()->empty());
  });
}

TEST_CASE("far broker: one that answers nothing about any queue is left for another") {
  at_declared_rabbit([](Place& place) {
    Config config = place.config();
    Proxy proxy(config.brokers.front(), [](Towards, int) { return 0ms; });
    config.brokers = {proxy.url(), place.config().brokers.front()};
    for (const auto& queue : config.queues) proxy.hold(config.application + "." + queue);
    const std::string other = action::parse_broker_url(config.brokers.back())->display();
    const auto broker = connect_broker(config, "broker_tests", 4s);
    REQUIRE_MESSAGE(broker, broker.error().text);
    CHECK((*broker)->name() == other);

    for (const char* queue : {"dead", "delay.v1.unroutable", "delay.unroutable"})
      proxy.hold(config.application + "." + queue);
    const auto look = look_at_broker(config, "broker_tests", 4s);
    REQUIRE_MESSAGE(look, look.error().text);
    CHECK(look->name == other);

    config.brokers = {proxy.url()};  // nobody else can do better
    const auto alone = connect_broker(config, "broker_tests", 4s);
    CHECK_MESSAGE(alone, alone.error().text);
  });
}
