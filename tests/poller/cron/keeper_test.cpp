#include "poller/cron/keeper.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace actiond;
using namespace std::chrono_literals;

namespace {

// What a broker would keep, for all who hold the lease one after the other.
struct Kept {
  std::string state;
  std::vector<action::Message> queued;
  std::vector<std::string> queues;
};

class FakeLease : public Lease {
 public:
  explicit FakeLease(Kept& kept) : kept_(kept) {}

  Result<bool> turn(const Work& work) override {
    if (!is_ours) return false;
    const auto step = work(kept_.state);
    if (!step) return step.error();
    if (!*step) return true;
    LeaseStep::Refused refused;
    for (const auto& event : (*step)->events) {
      if (event.queue == full_queue) {
        refused.emplace(&event - (*step)->events.data(), Error{"it is full"});
        continue;
      }
      kept_.queued.push_back(event.message);
      kept_.queues.push_back(event.queue);
    }
    if (dies_before_the_note) return Error{"it is gone"};
    kept_.state = refused.empty() ? (*step)->state : (*step)->state_without(refused);
    return true;
  }
  Result<bool> wait(std::chrono::milliseconds) override { return false; }
  Result<void> send_order(const std::string& order) override {
    kept_.state = obey(kept_.state, order);
    return {};
  }
  Result<std::optional<std::string>> look() override { return std::optional(kept_.state); }

  bool is_ours = true;
  bool dies_before_the_note = false;
  std::string full_queue = "none";

 private:
  Kept& kept_;
};

struct Scene {
  std::int64_t now_ms = 1'800'014'400'000;
  Kept kept;
  FakeLease lease{kept};
  CronWork work;

  explicit Scene(Missed missed = Missed::One) {
    CronEntry entry;
    entry.every = 10min;
    entry.event = "report";
    entry.params = R"({"kind":"full"})";
    entry.missed = missed;
    work.entries["ten"] = entry;
    work.queue_of = [](const CronEntry& each) {
      return each.queue.empty() ? std::string("low") : each.queue;
    };
    work.application = "shop";
    work.now_ms = [this] { return now_ms; };
    REQUIRE(keep(lease, work).ok());  // it is seen for the first time
  }
  std::size_t queued_after(std::chrono::milliseconds time) {
    now_ms += time.count();
    const auto told = keep(lease, work);
    REQUIRE(told.ok());
    return told->queued.size();
  }
};

}  // namespace

TEST_CASE("cron keeper: a tick becomes an event with its own id, queue and params") {
  Scene scene;
  CHECK(scene.queued_after(9min) == 0);
  CHECK(scene.queued_after(1min) == 1);
  CHECK(scene.queued_after(1s) == 0);
  REQUIRE(scene.kept.queued.size() == 1);
  const auto& message = scene.kept.queued[0];
  CHECK(message.event == "report");
  CHECK(message.body == R"({"kind":"full"})");
  CHECK(message.id == tick_id("shop", "ten", CronTick(std::chrono::seconds(1'800'015'000))));
  CHECK(message.enqueued_at_s == 1'800'015'000);
  CHECK(scene.kept.queues[0] == "low");
}

TEST_CASE("cron keeper: who dies before the note repeats it, with the same id") {
  Scene scene;
  scene.lease.dies_before_the_note = true;
  scene.now_ms += 600'000;
  CHECK_FALSE(keep(scene.lease, scene.work).ok());
  FakeLease next(scene.kept);
  REQUIRE(keep(next, scene.work).ok());
  REQUIRE(keep(next, scene.work).ok());
  REQUIRE(scene.kept.queued.size() == 2);
  CHECK(scene.kept.queued[0].id == scene.kept.queued[1].id);
}

TEST_CASE("cron keeper: what is refused comes again, and the others only once") {
  Scene scene(Missed::All);
  scene.work.entries["other"] = scene.work.entries["ten"];
  scene.work.entries["other"].queue = "full";
  scene.lease.full_queue = "full";
  CHECK(scene.queued_after(0s) == 0);
  scene.now_ms += 20 * 60'000;
  const auto told = keep(scene.lease, scene.work);
  CHECK(told->queued.size() == 2);
  CHECK(told->problem == "that of other was not taken: it is full");
  CHECK(told->rest == kCronAfterTrouble);
  CHECK(told->marks->at("other").came_s == 0);
  CHECK(told->marks->at("ten").came_s == 1'800'015'600);
  CHECK(scene.queued_after(2s) == 0);
  scene.lease.full_queue = "none";
  CHECK(scene.queued_after(2s) == 2);
  CHECK(scene.queued_after(2s) == 0);
  CHECK(scene.kept.queued.size() == 4);
}

TEST_CASE("cron keeper: of missed ones that are not made up for is told once") {
  Scene scene;
  scene.lease.full_queue = "low";
  scene.now_ms += 35 * 60'000;
  CHECK(keep(scene.lease, scene.work)->skipped == 2);
  CHECK(keep(scene.lease, scene.work)->skipped == 0);
  scene.lease.full_queue = "none";
  CHECK(scene.queued_after(2s) == 1);
}

TEST_CASE("cron keeper: a broker that was away for three ticks, by what is said of missed ones") {
  const struct {
    Missed missed;
    std::size_t queued, skipped;
  } rows[] = {{Missed::None, 0, 3}, {Missed::One, 1, 2}, {Missed::All, 3, 0}};
  for (const auto& row : rows) {
    Scene scene(row.missed);
    scene.now_ms += 35 * 60'000;
    const auto told = keep(scene.lease, scene.work);
    CHECK(told->queued.size() == row.queued);
    CHECK(told->skipped == row.skipped);
    CHECK(scene.queued_after(5min) == 1);
  }
}

TEST_CASE("cron keeper: a clock that is set back by an hour queues nothing twice") {
  Scene scene(Missed::All);
  CHECK(scene.queued_after(10min) == 1);
  CHECK(scene.queued_after(-60min) == 0);
  for (int i = 0; i < 6; ++i) CHECK(scene.queued_after(10min) == 0);
  CHECK(scene.queued_after(10min) == 1);
  CHECK(scene.kept.queued[0].id != scene.kept.queued[1].id);
}

TEST_CASE("cron keeper: without the lease nothing is queued") {
  Scene scene;
  scene.lease.is_ours = false;
  CHECK(scene.queued_after(10min) == 0);
  scene.lease.is_ours = true;
  CHECK(scene.queued_after(1s) == 1);
}

TEST_CASE("cron keeper: it rests until the next tick, and not for long") {
  Scene scene;
  scene.now_ms += 9 * 60'000;
  CHECK(keep(scene.lease, scene.work)->rest == kCronRest);
  scene.now_ms += 60'000 - 40;
  CHECK(keep(scene.lease, scene.work)->rest == 40ms);
}
