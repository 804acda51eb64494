// What people are shown of what waits: the same cases on each broker.
#include "base/clock.hpp"
#include "broker/later.hpp"
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

LaterLook later_of(const Place& place) {
  auto look = look_at_later(place.config(), "broker_tests", 10s);
  if (!look) FAIL(look.error().text);
  return std::move(*look);
}

Result<bool> make_due(const Place& place, const LaterName& which) {
  return make_due_now(place.config(), "broker_tests", which, 10s);
}

bool was_made_due(const Place& place, const LaterName& which) {
  const auto made = make_due(place, which);
  if (!made) FAIL(made.error().text);
  return *made;
}

bool is_rabbit(const Place& place) {
  return place.name() == "classic" || place.name() == "quorum";
}

// The others say in a sentence that they can't tell.
void where_later_is_told(const std::function<void(Place&)>& test) {
  everywhere([&test](Place& place) {
    if (!is_rabbit(place) && place.name() != "memcached") return test(place);
    const auto look = look_at_later(place.config(), "broker_tests", 10s);
    REQUIRE_FALSE(look);
    CHECK(look.error().text.find(" can't show what waits for its time") != std::string::npos);
    CHECK_FALSE(make_due(place, {"low", "id", 1}));
  });
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
    if (is_rabbit(place)) {
      CHECK_FALSE(look_at(place, "medium").oldest_ms);
      return;
    }
    enqueue_later(place, "medium", event("later"), 1h);
    const auto oldest = look_at(place, "medium").oldest_ms;
    REQUIRE(oldest);
    CHECK(*oldest >= before);
    CHECK(*oldest <= after);
    Consumer consumer(place);
    consumer.take(2);  // in hand, it waits no longer
    CHECK_FALSE(look_at(place, "medium").oldest_ms);
  });
}

TEST_CASE("look: what comes when, soonest first, with the beginning of its params") {
  where_later_is_told([](Place& place) {
    CHECK(later_of(place).total == 0);  // nor is anything there yet
    Consumer(place).close();
    const auto before = wall_now_ms();
    std::string umlauts;
    for (int i = 0; i < kMostLaterParams; ++i) umlauts += "ä";
    Message second = event("second", "x" + umlauts);
    second.trail.attempt = 3;
    enqueue_later(place, "low", second, 2h);
    enqueue_later(place, "high", event("first", R"({"n": 1})"), 1h);
    enqueue(place, "low", {event("now")});
    const auto look = later_of(place);
    CHECK(look.total == 2);
    REQUIRE(look.next.size() == 2);
    CHECK(look.next[0].event == "first");
    CHECK(look.next[0].name.queue == "high");
    CHECK(look.next[0].params == R"({"n": 1})");
    CHECK(look.next[0].name.due_ms >= before + 3'600'000);
    CHECK(look.next[0].name.due_ms < before + 3'660'000);
    CHECK(look.next[1].name.id == second.id);
    CHECK(look.next[1].attempt == 3);
    CHECK(look.next[1].params.size() == kMostLaterParams - 1);  // the next is half a character
  });
}

TEST_CASE("look: of many the next ones, and how many there are") {
  where_later_is_told([](Place& place) {
    Consumer(place).close();
    auto sender = place.sender();
    const auto begin = time_in(1h);
    for (int i = 0; i < kMostLater + 50; ++i)
      REQUIRE(sender->post({i % 2 == 0 ? "high" : "low", event("work", std::to_string(i)),
                            begin + std::chrono::seconds(i)}));
    REQUIRE_FALSE(sender->flush());
    const auto look = later_of(place);
    CHECK(look.total == kMostLater + 50);
    REQUIRE(look.next.size() == kMostLater);
    for (std::size_t i = 0; i < kMostLater; ++i) CHECK(look.next[i].params == std::to_string(i));
  });
}

TEST_CASE("look: one that waits runs at once, if it is still the one that was seen") {
  where_later_is_told([](Place& place) {
    CHECK_FALSE(was_made_due(place, {"low", "nobody", 1}));
    Consumer consumer(place);
    enqueue_later(place, "low", event("chosen"), 1h);
    enqueue_later(place, "low", event("other"), 1h);
    const auto which = later_of(place).next.at(0).name;
    for (const auto& wrong :
         {LaterName{"low", which.id, which.due_ms + 1}, LaterName{"high", which.id, which.due_ms},
          LaterName{"low", "nobody", which.due_ms},
          LaterName{"low", "fence", 8'000'000'000'000'000'000}})
      CHECK_FALSE(was_made_due(place, wrong));
    CHECK(later_of(place).total == 2);
    CHECK(was_made_due(place, which));
    CHECK(consumer.take(1).front().message.id == which.id);
    CHECK_FALSE(was_made_due(place, which));
    CHECK(later_of(place).total == 1);
  });
}

}  // namespace actiond::test
