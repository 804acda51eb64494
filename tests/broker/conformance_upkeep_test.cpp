// What commands do with a broker's events, whichever broker it is: dead letters, and all that
// waits.
#include <atomic>
#include <latch>
#include <thread>

#include "broker/backlog.hpp"
#include "client/delay_trip.hpp"
#include "place.hpp"

namespace actiond::test {
namespace {

// Keeps, deletes or requeues by the event's name.
class ByName : public DeadLetterReader {
 public:
  Fate take(Message& letter, std::string& queue) override {
    shown.push_back(letter.event);
    if (letter.event == "delete") return Fate::Delete;
    if (letter.event != "requeue") return Fate::Keep;
    queue = "high";
    letter.trail = {};
    return Fate::Requeue;
  }
  void on_requeued() override { ++requeued; }
  bool has_enough() const override { return shown.size() >= enough; }

  std::vector<std::string> shown;
  std::size_t enough = 1000;
  int requeued = 0;
};

void bury(Place& place, const std::vector<std::string>& names) {
  Consumer consumer(place);
  for (const auto& name : names) REQUIRE(consumer.broker->publish_dead(event(name)));
  consumer.until([&] { return consumer.published == names.size(); });
  CHECK(consumer.refusals.empty());
  consumer.close();
}

}  // namespace

TEST_CASE("broker: dead letters are kept, deleted or queued again, as their reader decides") {
  everywhere([](Place& place) {
    bury(place, {"keep", "delete", "requeue", "keep"});
    CHECK(ready(place, "dead") == 4);
    auto letters = place.dead_letters();
    CHECK(letters->count() == 4);
    ByName reader;
    REQUIRE(letters->read(reader));
    CHECK(reader.shown.size() == 4);
    CHECK(reader.requeued == 1);
    letters.reset();
    CHECK(place.dead_letters()->count() == 2);
    Consumer consumer(place);
    const Seen again = consumer.take(1).front();
    CHECK(again.message.event == "requeue");
    CHECK(again.queue == 0);
  });
}

TEST_CASE("broker: a reader that has enough leaves the rest, and purge leaves nothing") {
  everywhere([](Place& place) {
    bury(place, {"keep", "keep", "keep", "keep"});
    auto letters = place.dead_letters();
    ByName reader;
    reader.enough = 2;
    REQUIRE(letters->read(reader));
    CHECK(reader.shown.size() == 2);
    letters = place.dead_letters();
    CHECK(letters->count() == 4);
    const auto purged = letters->purge();
    REQUIRE(purged);
    CHECK(*purged == 4);
    CHECK(ready(place, "dead") == 0);
  });
}

namespace {

std::vector<Waiting> all_of(Backlog& backlog) {
  std::vector<Waiting> all;
  for (;;) {
    auto taken = backlog.take(3);
    if (!taken) FAIL(taken.error().text);
    if (taken->empty()) return all;
    for (auto& each : *taken) all.push_back(std::move(each));
  }
}

std::unique_ptr<Backlog> backlog_of(const Place& place) {
  auto backlog = open_backlog(place.config(), "broker_tests", 10s);
  if (!backlog) FAIL(backlog.error().text);
  return std::move(*backlog);
}

// A backlog that has read `count` messages. Looks again for up to 20 s: RabbitMQ gives back what an
// ended one had taken only once it has noticed that.
std::unique_ptr<Backlog> backlog_with(const Place& place, std::size_t count,
                                      std::vector<Waiting>& all) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  auto backlog = backlog_of(place);
  while ((all = all_of(*backlog)).size() != count) {
    if (std::chrono::steady_clock::now() > deadline) break;
    backlog = backlog_of(place);
  }
  return backlog;
}

}  // namespace

TEST_CASE("broker: its backlog is all that waits, until it is removed") {
  everywhere([](Place& place) {
    bury(place, {"letter"});
    enqueue(place, "high", numbered(5));
    auto sender = place.sender();
    const auto due_at_ms = action::now_for_delays_ms() + 3'600'000;
    REQUIRE(sender->queue(
        {"low", event("later"), action::DueTime(std::chrono::milliseconds(due_at_ms))}));
    CHECK(all_of(*backlog_of(place)).size() == 7);  // and leaves them
    std::vector<Waiting> all;
    auto backlog = backlog_with(place, 7, all);
    REQUIRE(all.size() == 7);
    for (const auto& each : all) {
      const bool is_later = each.message.event == "later";
      if (!is_later) CHECK(each.due_at_ms == 0);
      if (is_later) CHECK(each.due_at_ms >= due_at_ms);  // the first one waits for declarations
      if (is_later) CHECK(each.due_at_ms < due_at_ms + 10'000);
      if (is_later) CHECK(each.queue == "low");
      if (each.message.event == "letter") CHECK(each.queue == action::kDead);
    }
    REQUIRE(backlog->remove(all));
    REQUIRE(backlog->close());
    CHECK(all_of(*backlog_of(place)).empty());
  });
}

// What is not there yet is made by whoever comes first; here all of them do.
TEST_CASE("broker: a new place that many use at the same time is there for each of them") {
  for (int round = 0; round < 3; ++round)
    everywhere([](Place& place) {
      constexpr int kProducers = 8;
      std::latch together(kProducers);
      std::vector<std::string> errors(kProducers);
      std::vector<std::thread> threads;
      for (auto& error : errors)
        threads.emplace_back([&] {
          const auto sender = place.sender();
          action::Outgoing outgoing;
          outgoing.queue = "medium";
          outgoing.message = event("work");
          together.arrive_and_wait();
          const auto queued = sender->queue(std::move(outgoing));
          if (!queued) error = queued.error().text;
        });
      for (auto& thread : threads) thread.join();
      for (const auto& error : errors) CHECK(error == "");
      CHECK(ready(place, "medium") == kProducers);
    });
}

}  // namespace actiond::test
