// Unique keys, in each of the backends that keep them in their store.
#include <atomic>
#include <mutex>
#include <thread>

#include "client/event_id.hpp"
#include "client/unique.hpp"
#include "place.hpp"

namespace actiond::test {
namespace {

void where_keys_are_kept(const std::function<void(Place&)>& test) {
  everywhere([&](Place& place) {
    if (place.name() == "classic" || place.name() == "quorum" || place.name() == "memcached")
      return;
    test(place);
  });
}

action::Outgoing keyed(const std::string& key, std::chrono::milliseconds time = {}) {
  action::Outgoing outgoing;
  outgoing.queue = "medium";
  outgoing.message = event("work");
  outgoing.message.id = action::new_event_id();
  REQUIRE(action::make_unique(outgoing.message, key, time, std::chrono::system_clock::now()));
  return outgoing;
}

// Who is there already; empty: it was queued.
std::string queue(action::Sender& sender, action::Outgoing outgoing) {
  const auto queued = sender.queue(std::move(outgoing));
  if (queued) return {};
  REQUIRE_MESSAGE(queued.error().fault == action::Fault::Duplicate, queued.error().text);
  return queued.error().id;
}

}  // namespace

TEST_CASE("unique: while one with the key waits or runs, another is not queued") {
  where_keys_are_kept([](Place& place) {
    const auto sender = place.sender();
    auto first = keyed("invoice 7");
    const std::string id = first.message.id;
    CHECK(queue(*sender, std::move(first)).empty());
    CHECK(queue(*sender, keyed("invoice 7")) == id);
    CHECK(queue(*sender, keyed("invoice 8")).empty());
    CHECK(queue(*sender, keyed("invoice 7 ")).empty());
    Consumer consumer(place);
    const auto came = consumer.take(3);
    CHECK(came[0].message.unique.key == "invoice 7");
    CHECK(queue(*sender, keyed("invoice 7")) == id);  // it runs
    for (const auto& each : came) consumer.acknowledge(each);
    consumer.close();
    CHECK(queue(*sender, keyed("invoice 7")).empty());
  });
}

TEST_CASE("unique: of many that are posted together one is queued") {
  where_keys_are_kept([](Place& place) {
    const auto sender = place.sender();
    for (int i = 0; i < 20; ++i) {
      REQUIRE(sender->post(keyed("the one")));
      auto plain = keyed("");
      REQUIRE(sender->post(std::move(plain)));
    }
    CHECK_FALSE(sender->flush());
    CHECK(ready(place, "medium") == 21);
  });
}

TEST_CASE("unique: producers that ask at the same time get one place together") {
  where_keys_are_kept([](Place& place) {
    std::vector<std::thread> threads;
    std::atomic<int> queued = 0, there = 0;
    std::mutex other_lock;
    std::string other;  // why one was neither
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        const auto sender = place.sender();
        for (int n = 0; n < 10; ++n) {
          auto outgoing = keyed("round " + std::to_string(n));
          const auto done = sender->queue(std::move(outgoing));
          const bool is_there = !done && done.error().fault == action::Fault::Duplicate;
          queued += done.ok();
          there += is_there;
          if (done || is_there) continue;
          const std::lock_guard lock(other_lock);
          other = done.error().text;
        }
      });
    for (auto& thread : threads) thread.join();
    INFO(other);
    CHECK(queued == 10);
    CHECK(there == 30);
  });
}

TEST_CASE("unique: the copy of what failed has the key, and a dead letter lets go of it") {
  where_keys_are_kept([](Place& place) {
    const auto sender = place.sender();
    CHECK(queue(*sender, keyed("k")).empty());
    Consumer consumer(place);
    auto failed = consumer.take(1).front();
    failed.message.trail.attempt = 2;
    REQUIRE(consumer.broker->publish_later("medium", failed.message, 200ms));
    consumer.until([&] { return consumer.published == 1; });
    consumer.acknowledge(failed);
    REQUIRE(consumer.broker->flush());
    CHECK(queue(*sender, keyed("k")) == failed.message.id);
    const auto again = consumer.take(1).front();
    CHECK(again.message.unique.key == "k");
    REQUIRE(consumer.broker->publish_dead(again.message));
    consumer.until([&] { return consumer.published == 2; });
    consumer.acknowledge(again);
    consumer.close();
    CHECK(consumer.refusals.empty());
    CHECK(queue(*sender, keyed("k")).empty());
  });
}

TEST_CASE("unique: a key whose time is over is anybody's, and the copy of who had it is not lost") {
  where_keys_are_kept([](Place& place) {
    const auto sender = place.sender();
    CHECK(queue(*sender, keyed("k", 1ms)).empty());
    Consumer consumer(place);
    const auto first = consumer.take(1).front();
    const auto over = std::chrono::system_clock::now() + 20ms;
    while (std::chrono::system_clock::now() < over) continue;
    CHECK(queue(*sender, keyed("k")).empty());
    REQUIRE(consumer.broker->publish("medium", first.message));
    consumer.until([&] { return consumer.published == 1; });
    CHECK(consumer.refusals.empty());
    CHECK(consumer.take(2).size() == 2);
  });
}

TEST_CASE("unique: what a handler queues is refused with the id of the one that is there") {
  where_keys_are_kept([](Place& place) {
    Consumer consumer(place);
    auto first = keyed("k").message, second = keyed("k").message;
    REQUIRE(consumer.broker->publish("low", first));
    consumer.until([&] { return consumer.published == 1; });
    CHECK(consumer.refusals.empty());
    REQUIRE(consumer.broker->publish("low", second));
    consumer.until([&] { return consumer.published == 2; });
    REQUIRE(consumer.refusals.size() == 1);
    CHECK(consumer.refusals[0].find(first.id) != std::string::npos);
  });
}

}  // namespace actiond::test
