// How events are counted, and what status and statistics remember of failures.
#include "poller/bookkeeper.hpp"

#include <doctest/doctest.h>

#include "../base/allocations.hpp"
#include "fake_clock.hpp"
#include "log_scene.hpp"
#include "poller/delivery/waiting.hpp"
#include "statistics/reader.hpp"
#include "statistics/retention.hpp"
#include "statistics/store.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kQueued_ms = 1'800'000'000'000;

struct BookScene : LogScene {
  FakeClock clock;
  Config config = config_of(directory);
  Bookkeeper books{clock, config, log, "box/1"};
  std::vector<CountRow> totals() const {
    const auto reader = StatisticsReader::open(statistics_path(directory));
    REQUIRE(reader);
    auto rows = reader->counts(kTotals, 0);
    REQUIRE(rows);
    return *rows;
  }
  static Config config_of(const std::filesystem::path& directory) {
    Config config;
    config.run_dir = directory;
    return config;
  }
};

Delivery ended(Ending ending, std::uint64_t run = 1) {
  Delivery delivery;
  delivery.message.event = "mail";
  delivery.message.id = "id";
  delivery.queue_name = "high";
  delivery.plugin = "mail.so 1a2b3c4d5e6f (set 6f5e4d3c2b1a)";
  delivery.plugin_set = "6f5e4d3c2b1a";
  delivery.run = run;
  delivery.outcome = {ending, "it broke", {}, 5ms};
  delivery.waited = 7ms;
  delivery.is_settled = true;
  return delivery;
}

}  // namespace

TEST_CASE("bookkeeper: what ran is counted with its times, by event, queue, set and outcome") {
  const auto delivery = ended(Ending::Done);
  const auto counted = ended_of(delivery, Settlement::Acknowledge);
  REQUIRE(counted);
  CHECK(counted->event == "mail");
  CHECK(counted->queue == "high");
  CHECK(counted->plugin_set == "6f5e4d3c2b1a");
  CHECK(counted->outcome == OutcomeLabel::Done);
  CHECK(counted->run == 5ms);
  CHECK(counted->wait == 7ms);
}

TEST_CASE("bookkeeper: the last attempt is dead, those before are what they were") {
  CHECK(ended_of(ended(Ending::Failed), Settlement::Retry)->outcome == OutcomeLabel::Failed);
  CHECK(ended_of(ended(Ending::Failed), Settlement::DeadLetter)->outcome == OutcomeLabel::Dead);
  CHECK(ended_of(ended(Ending::Crashed), Settlement::Delay)->outcome == OutcomeLabel::Crashed);
}

TEST_CASE("bookkeeper: what did not run, or not live to tell, has no times") {
  for (const auto& delivery :
       {ended(Ending::Unknown, 0), ended(Ending::Crashed), ended(Ending::TimedOut)}) {
    const auto counted = ended_of(delivery, Settlement::Retry);
    REQUIRE(counted);
    CHECK(counted->run < 0ns);
    CHECK(counted->wait < 0ms);
  }
}

TEST_CASE("bookkeeper: what the broker offers again, or is not due, is not counted") {
  CHECK(!ended_of(ended(Ending::Lost), Settlement::Forget));
  CHECK(!ended_of(ended(Ending::Stopped), Settlement::GiveBack));
  CHECK(!ended_of(ended(Ending::NotStarted), Settlement::GiveBack));
  CHECK(!ended_of(ended(Ending::Snoozed, 0), Settlement::Delay));
  CHECK(ended_of(ended(Ending::Snoozed, 1), Settlement::Delay));
}

TEST_CASE("bookkeeper: waiting begins with the queueing, or with the end of a delay") {
  action::Message message;
  CHECK(waiting_time(message, 5ms, kQueued_ms) < 0ms);
  message.enqueued_at_s = kQueued_ms / 1000;
  CHECK(waiting_time(message, 100ms, kQueued_ms + 350) == 250ms);
  message.trail.queued_at_ms = kQueued_ms + 50;
  CHECK(waiting_time(message, 100ms, kQueued_ms + 350) == 200ms);
  message.trail.delayed_until_ms = kQueued_ms + 200;
  CHECK(waiting_time(message, 100ms, kQueued_ms + 350) == 50ms);
  CHECK(waiting_time(message, 100ms, kQueued_ms + 250) == 0ms);  // another machine's clock
}

TEST_CASE("bookkeeper: the last ten failures are remembered, the newest first") {
  BookScene scene;
  for (int i = 0; i < 12; ++i) {
    auto failed = ended(Ending::Failed);
    failed.message.id = std::to_string(i);
    failed.message.trail.attempt = 2;  // the next
    failed.outcome.reason = std::string(500, 'x');
    scene.books.settled(failed, Settlement::Retry);
  }
  scene.books.settled(ended(Ending::Done), Settlement::Acknowledge);
  REQUIRE(scene.books.failures().size() == 10);
  CHECK(scene.books.failures().front().id == "11");
  CHECK(scene.books.failures().front().attempt == 1);
  CHECK(scene.books.failures().front().error.size() < 310);
}

TEST_CASE("bookkeeper: it writes at its end, a crash as a mark of its own") {
  BookScene scene;
  scene.books.begin();
  scene.books.settled(ended(Ending::Done), Settlement::Acknowledge);
  scene.books.settled(ended(Ending::Crashed), Settlement::Retry);
  scene.books.end();
  CHECK(scene.totals().size() == 2);
  const auto marks = StatisticsReader::open(statistics_path(scene.directory))->marks(0, 10);
  REQUIRE(marks);
  REQUIRE(marks->size() == 1);
  CHECK(marks->front().kind == MarkKind::Crash);
  CHECK(marks->front().poller == "box/1");
  CHECK(marks->front().plugin == "mail.so");
  CHECK(marks->front().set_after == "6f5e4d3c2b1a");
}

TEST_CASE("bookkeeper: every 10 s it hands on what is new") {
  BookScene scene;
  scene.books.begin();
  scene.books.settled(ended(Ending::Done), Settlement::Acknowledge);
  scene.clock.advance(9s);
  CHECK(!std::filesystem::exists(statistics_path(scene.directory)));
  scene.clock.advance(1s);
  scene.books.end();  // waits for the writer
  CHECK(scene.totals().at(0).cell.count == 1);
}

TEST_CASE("bookkeeper: an event that has been seen before allocates nothing") {
  BookScene scene;
  const auto delivery = ended(Ending::Done);
  scene.books.settled(delivery, Settlement::Acknowledge);
  const auto before = actiond::test::allocations();
  for (int i = 0; i < 1000; ++i) scene.books.settled(delivery, Settlement::Acknowledge);
  CHECK(actiond::test::allocations() == before);
}
