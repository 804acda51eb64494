// What every broker must do, whichever it is: the same cases on each.
#include <algorithm>
#include <set>

#include "place.hpp"

namespace actiond::test {
namespace {

std::vector<std::string> bodies(const std::vector<Seen>& seen) {
  std::vector<std::string> bodies;
  for (const auto& each : seen) bodies.push_back(each.message.body);
  return bodies;
}

}  // namespace

TEST_CASE("broker: a queue's events come in the order in which they were queued") {
  everywhere([](Place& place) {
    enqueue(place, "medium", numbered(50));
    Consumer consumer(place);
    const auto came = bodies(consumer.take(50));
    for (int i = 0; i < 50; ++i) CHECK(came[static_cast<std::size_t>(i)] == std::to_string(i));
  });
}

TEST_CASE("broker: an event comes with all that was sent") {
  everywhere([](Place& place) {
    Message sent = event("send_email", R"({"to": "Änne – 日本語 🎈", "n": 1})");
    sent.sender = "shop";
    enqueue(place, "high", {sent});
    Consumer consumer(place);
    const Seen came = consumer.take(1).front();
    CHECK(came.queue == 0);
    CHECK_FALSE(came.is_redelivered);
    CHECK(came.message.event == sent.event);
    CHECK(came.message.id == sent.id);
    CHECK(came.message.body == sent.body);
    CHECK(came.message.enqueued_at_s == sent.enqueued_at_s);
    CHECK(came.message.trail.attempt == 1);
  });
}

TEST_CASE("broker: params of 16 MiB pass, and an empty body stays empty") {
  everywhere([](Place& place) {
    const std::string large = R"({"text": ")" + std::string(16 << 20, 'x') + R"("})";
    enqueue(place, "low", {event("large", large), event("empty", "")});
    Consumer consumer(place);
    const auto came = consumer.take(2);
    CHECK((came[0].message.body == large));
    CHECK(came[1].message.body.empty());
  });
}

TEST_CASE("broker: what has a consumer already comes as soon as it is queued") {
  everywhere([](Place& place) {
    Consumer consumer(place);
    enqueue(place, "low", {event("now")});
    CHECK(consumer.take(1).front().message.event == "now");
  });
}

TEST_CASE("broker: no event goes to two pollers") {
  everywhere([](Place& place) {
    enqueue(place, "medium", numbered(400));
    Consumer one(place, 10), other(place, 10);
    std::set<std::string> ids;
    std::size_t runs = 0;
    while (ids.size() < 400 && runs <= 400)
      for (Consumer* consumer : {&one, &other}) {
        REQUIRE(consumer->turn(10ms));
        for (auto& each : std::exchange(consumer->seen, {})) {
          ids.insert(each.message.id);
          ++runs;
          consumer->acknowledge(each);
        }
      }
    CHECK(runs == 400);
    one.close();
    other.close();
    CHECK(ready(place, "medium") == 0);
  });
}

TEST_CASE("broker: at most so many are unsettled as the consumer allows") {
  everywhere([](Place& place) {
    enqueue(place, "medium", numbered(20));
    Consumer consumer(place, 4);
    consumer.until_quiet();
    CHECK(consumer.seen.size() == 4);
    consumer.acknowledge(consumer.take(1).front());
    consumer.until([&] { return consumer.seen.size() == 4; });
    CHECK(bodies(consumer.take(4)).back() == "4");
  });
}

TEST_CASE("broker: what was acknowledged is gone, what was not comes again") {
  everywhere([](Place& place) {
    enqueue(place, "medium", numbered(3));
    {
      Consumer consumer(place);
      const auto came = consumer.take(3);
      consumer.acknowledge(came[0]);
      consumer.acknowledge(came[2]);
      consumer.close();
    }
    Consumer next(place);
    const auto came = next.take(1);
    CHECK(came[0].message.body == "1");
    CHECK(came[0].is_redelivered);
    next.until_quiet();
    CHECK(next.seen.empty());
  });
}

TEST_CASE("broker: what one that crashed had in hand comes to another, in its place") {
  everywhere([](Place& place) {
    enqueue(place, "medium", numbered(5));
    auto crashed = std::make_unique<Consumer>(place, 3);
    CHECK(crashed->take(3).size() == 3);
    Consumer other(place, 100);
    crashed.reset();
    auto came = bodies(other.take(5));
    std::sort(came.begin(), came.end());
    CHECK(came == std::vector<std::string>{"0", "1", "2", "3", "4"});
  });
}

TEST_CASE("broker: what is given back comes again first") {
  everywhere([](Place& place) {
    enqueue(place, "medium", numbered(3));
    Consumer consumer(place, 1);
    const Seen first = consumer.take(1).front();
    REQUIRE(consumer.broker->give_back(first.queue, first.tag));
    const Seen again = consumer.take(1).front();
    CHECK(again.message.id == first.message.id);
    CHECK(again.is_redelivered);
  });
}

TEST_CASE("broker: after a cancel nothing comes, after another consume it does") {
  everywhere([](Place& place) {
    Consumer consumer(place);
    for (QueueIndex i = 0; i < 3; ++i) REQUIRE(consumer.broker->cancel(i));
    consumer.until_quiet();
    enqueue(place, "medium", {event("held")});
    consumer.until_quiet();
    CHECK(consumer.seen.empty());
    REQUIRE(consumer.broker->consume(1, 10));
    CHECK(consumer.take(1).front().message.event == "held");
  });
}

TEST_CASE("broker: a probe of an empty queue proves it, one of a full queue brings an event") {
  everywhere([](Place& place) {
    Consumer consumer(place, 1);
    REQUIRE(consumer.broker->probe(0));
    consumer.until([&] { return consumer.proven_empty == 1; });
    CHECK(consumer.probes_delivered == 0);
    enqueue(place, "high", numbered(2));
    (void)consumer.take(1);  // and holds it, so the other is not pushed
    REQUIRE(consumer.broker->probe(0));
    consumer.until([&] { return consumer.probes_delivered == 1; });
    CHECK(consumer.take(1).front().message.body == "1");
    REQUIRE(consumer.broker->probe(0));
    consumer.until([&] { return consumer.proven_empty == 2; });
  });
}

// memcached tells nobody of what another gives back: it is found within a second.
TEST_CASE("broker: a probe finds what was given back, behind later ones and beside lower ones") {
  everywhere([](Place& place) {
    if (place.name() == "memcached") return;
    enqueue(place, "high", {event("first")});
    enqueue(place, "medium", numbered(4));
    Consumer earlier(place, 1);
    const Seen first = earlier.take(1).front();
    Consumer full(place, 1);
    (void)full.take(1);  // a lower one, of which others are due
    enqueue(place, "high", {event("later")});
    CHECK(full.take(1).front().message.event == "later");
    REQUIRE(earlier.broker->cancel(first.queue));
    REQUIRE(earlier.broker->give_back(first.queue, first.tag));
    earlier.close();
    REQUIRE(full.broker->probe(0));
    full.until([&] { return full.proven_empty + full.probes_delivered == 1; });
    CHECK(full.proven_empty == 0);
    CHECK(full.take(1).front().message.event == "first");
  });
}

TEST_CASE("broker: what is published is confirmed, and comes") {
  everywhere([](Place& place) {
    Consumer consumer(place);
    REQUIRE(consumer.broker->publish("low", event("child")));
    consumer.until([&] { return consumer.published == 1; });
    CHECK(consumer.refusals.empty());
    CHECK(consumer.take(1).front().queue == 2);
  });
}

TEST_CASE("broker: what goes to a queue that is not there is refused, with its name") {
  everywhere([](Place& place) {
    Consumer consumer(place);
    REQUIRE(consumer.broker->publish("hihg", event("lost")));
    consumer.until([&] { return consumer.published == 1; });
    REQUIRE(consumer.refusals.size() == 1);
  });
}

TEST_CASE("broker: a delayed event comes not before its time, and soon after") {
  everywhere([](Place& place) {
    Consumer consumer(place);
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(consumer.broker->publish_later("medium", event("late"), 600ms));
    REQUIRE(consumer.broker->publish_later("medium", event("soon"), 200ms));
    CHECK(consumer.take(1).front().message.event == "soon");
    CHECK(consumer.take(1).front().message.event == "late");
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= 600ms);
    CHECK(took < 5s);
    CHECK(consumer.published == 2);
  });
}

TEST_CASE("broker: what a poller noted on an event is there when it comes again") {
  everywhere([](Place& place) {
    Message failed = event("flaky", R"({"n": 1})");
    failed.trail.attempt = 7;
    failed.trail.queue = "high";
    failed.trail.error = "it broke: „ja“";
    failed.trail.poller = "box/1";
    failed.trail.plugin = "a.so 123456";
    failed.trail.backtrace = "f()\ng()";
    failed.trail.first_failed_at_ms = 1'700'000'000'001;
    failed.trail.failed_at_ms = 1'700'000'000'002;
    failed.trail.unknown_since_ms = 1'700'000'000'003;
    failed.trail.interrupted = 2;
    failed.trail.expires_at_ms = 1'900'000'000'004;
    failed.trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    failed.trace_state = "rojo=1";
    Consumer consumer(place);
    REQUIRE(consumer.broker->publish_later("high", failed, 125ms));
    const auto message = consumer.take(1).front().message;
    const auto& trail = message.trail;
    CHECK(message.trace_parent == failed.trace_parent);
    CHECK(message.trace_state == "rojo=1");
    CHECK(trail.attempt == 7);
    CHECK(trail.queue == "high");
    CHECK(trail.error == failed.trail.error);
    CHECK(trail.poller == "box/1");
    CHECK(trail.plugin == "a.so 123456");
    CHECK(trail.backtrace == failed.trail.backtrace);
    CHECK(trail.first_failed_at_ms == 1'700'000'000'001);
    CHECK(trail.failed_at_ms == 1'700'000'000'002);
    CHECK(trail.unknown_since_ms == 1'700'000'000'003);
    CHECK(trail.interrupted == 2);
    CHECK(trail.expires_at_ms == 1'900'000'000'004);
  });
}

TEST_CASE("broker: thousands are queued in one go, and each comes once") {
  everywhere([](Place& place) {
    enqueue(place, "low", numbered(5'000));
    CHECK(ready(place, "low") == 5'000);
    Consumer consumer(place, 500);
    std::set<std::string> ids;
    for (std::size_t runs = 0; runs < 5'000; ++runs) {
      const Seen seen = consumer.take(1).front();
      ids.insert(seen.message.id);
      consumer.acknowledge(seen);
    }
    CHECK(ids.size() == 5'000);
    consumer.close();
    CHECK(ready(place, "low") == 0);
  });
}

TEST_CASE("broker: one that is gone is noticed, with a sentence, and is there for the next one") {
  everywhere([](Place& place) {
    auto consumer = std::make_unique<Consumer>(place);
    place.take_away();
    Result<void> turned;
    for (const auto end = std::chrono::steady_clock::now() + 10s;
         turned && std::chrono::steady_clock::now() < end;)
      turned = consumer->turn(1s);
    REQUIRE_FALSE(turned);
    CHECK(turned.error().text.size() > 20);
    consumer.reset();
    enqueue(place, "high", {event("after")});
    Consumer next(place);
    CHECK(next.take(1).front().message.event == "after");
  });
}

}  // namespace actiond::test
