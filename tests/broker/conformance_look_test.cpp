// What people are shown of what waits: the same cases on each broker.
#include "base/clock.hpp"
#include "broker/look.hpp"
#include "place.hpp"

namespace actiond::test {
namespace {

QueueLook look_at(const Place& place, const std::string& queue) {
  const auto look = look_at_broker(place.config(), "broker_tests", 10s);
  if (!look) FAIL(look.error().text);
  for (const auto& each : look->queues)
    if (each.name == queue) return each;
  FAIL("there is no such queue");
  return {};
}

action::DueTime time_in(std::chrono::microseconds delay) {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) + delay;
}

void enqueue_later(const Place& place, const std::string& queue, const Message& message,
                   std::chrono::milliseconds delay) {
  REQUIRE(place.sender()->queue({queue, message, time_in(delay)}));
}

bool is_rabbit(const Place& place) {
  return place.name() == "classic" || place.name() == "quorum";
}

}  // namespace

TEST_CASE("look: since when the first event waits that may run, where the broker tells") {
  everywhere([](Place& place) {
    Consumer(place).close();
    CHECK_FALSE(look_at(place, "medium").oldest_ms);
    const auto before = wall_now_ms();
    enqueue(place, "medium", {event("first")});
    const auto after = wall_now_ms();
    enqueue(place, "medium", {event("second")});
    enqueue_later(place, "medium", event("later"), 1h);
    const auto oldest = look_at(place, "medium").oldest_ms;
    if (is_rabbit(place)) {
      CHECK_FALSE(oldest);
      return;
    }
    REQUIRE(oldest);
    CHECK(*oldest >= before);
    CHECK(*oldest <= after);
    Consumer consumer(place);
    consumer.take(2);  // in hand, it waits no longer
    CHECK_FALSE(look_at(place, "medium").oldest_ms);
  });
}

}  // namespace actiond::test
