#include "broker/lease.hpp"

#include "../network/rabbit_ctl.hpp"
#include "broker/pauses.hpp"
#include "client/event_id.hpp"
#include "place.hpp"
#include "skipping.hpp"

using namespace actiond;
using namespace actiond::test;

namespace {

std::string obey_nothing(const std::string& state, const std::string&) {
  return state;
}

class Holder {
 public:
  explicit Holder(const Place& place) {
    auto opened = open_lease(place.config(), "broker_tests", obey_nothing, 10s);
    if (!opened) FAIL(opened.error().text);
    lease_ = std::move(*opened);
  }

  // The state that it finds once it has it in hand.
  std::string state() {
    std::optional<std::string> found;
    turn_until([&] { return found.has_value(); },
               [&](const std::string& state) -> Result<std::optional<LeaseStep>> {
                 found = state;
                 return std::optional<LeaseStep>();
               });
    return *found;
  }
  // Done once; a database looks before it locks.
  Result<bool> try_step(const LeaseStep& step) {
    const std::string before = state();
    return lease_->turn([&](const std::string& state) -> Result<std::optional<LeaseStep>> {
      return state == before ? std::optional(step) : std::nullopt;
    });
  }
  void carry_out(const LeaseStep& step) {
    const auto done = try_step(step);
    if (!done) FAIL(done.error().text);
    REQUIRE(*done);
  }

 private:
  void turn_until(const std::function<bool()>& is_done, const Lease::Work& work) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!is_done()) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      if (const auto turned = lease_->turn(work); !turned) FAIL(turned.error().text);
      if (!is_done() && lease_->hears()) REQUIRE(lease_->wait(100ms).ok());
    }
  }

  std::unique_ptr<Lease> lease_;
};

// A classic queue that answers nothing about what it is given, until the end of the scope.
class SilentQueue {
 public:
  SilentQueue(const Place& place, const std::string& queue)
      : name_(place.config().application + "." + queue) {}
  ~SilentQueue() { speak(); }
  SilentQueue(const SilentQueue&) = delete;
  SilentQueue& operator=(const SilentQueue&) = delete;

  bool fall_silent() const { return tell("suspend"); }
  bool speak() const { return tell("resume"); }

 private:
  bool tell(const std::string& word) const {
    return rabbit_ctl(
        "eval '{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"/\">>, queue, <<\"" + name_ +
        "\">>)), sys:" + word + "(amqqueue:get_pid(Q)).'");
  }

  std::string name_;
};

// Done; which of its events were refused meanwhile, and how long that took.
struct Tried {
  std::vector<std::size_t> refused;
  std::chrono::steady_clock::duration time;
};

Tried try_with(Holder& holder, LeaseStep step, const std::string& without) {
  Tried tried;
  step.state_without = [&](const LeaseStep::Refused& refused) {
    for (const auto& [at, why] : refused) tried.refused.push_back(at);
    return without;
  };
  const auto begin = std::chrono::steady_clock::now();
  holder.carry_out(step);
  tried.time = std::chrono::steady_clock::now() - begin;
  return tried;
}

LeaseStep::Queued queued(const std::string& queue) {
  auto message = event("report");
  message.id = action::new_event_id();
  return {queue, message};
}

}  // namespace

TEST_CASE("lease: a step that is done is found by the next one") {
  everywhere([](Place& place) {
    if (place.name() == "memcached") return;  // it may forget, and has no leases
    Consumer consumer(place);
    {
      Holder holder(place);
      holder.carry_out({{queued("high"), queued("low")}, "all", {}});
      CHECK(holder.state() == "all");
    }
    CHECK(consumer.take(2).size() == 2);
    CHECK(Holder(place).state() == "all");
  });
}

TEST_CASE("lease: RabbitMQ refuses one, and the step is done without it") {
  everywhere([](Place& place) {
    if (place.name() != "classic" && place.name() != "quorum") return;
    Consumer consumer(place);
    Holder holder(place);
    LeaseStep step{{queued("high"), queued("nobodys"), queued("low")}, "all", {}};
    std::vector<std::size_t> refused;
    step.state_without = [&refused](const LeaseStep::Refused& told) {
      for (const auto& [at, why] : told) refused.push_back(at);
      return "some";
    };
    holder.carry_out(step);
    CHECK(refused == std::vector<std::size_t>{1});
    CHECK(holder.state() == "some");
    CHECK(consumer.take(2).size() == 2);
    holder.carry_out({{queued("low")}, "more", {}});
    CHECK(holder.state() == "more");
  });
}

// What is told as failed must not come to pass when the alarm is over.
TEST_CASE("alarm: RabbitMQ stores nothing later of what a lease or a pause gave up") {
  if (!has_rabbit_ctl()) SKIP_TEST("ACTION_TEST_RABBITMQ_DIR names no directory");
  everywhere([](Place& place) {
    if (place.name() != "classic") return;
    Consumer consumer(place);
    {
      Holder holder(place);
      CHECK(holder.state().empty());
      MemoryAlarm alarm;
      alarm.raise();
      const auto step = holder.try_step({{queued("low")}, "never", {}});
      REQUIRE_FALSE(step.ok());
      CHECK(step.error().text.find("takes no messages now") != std::string::npos);
      const auto paused = pause_queues(place.config(), "broker_tests", {"low"}, {}, 10s);
      REQUIRE_FALSE(paused.ok());
      CHECK(paused.error().text.find("takes no messages now") != std::string::npos);
    }
    enqueue(place, "low", {event("after")});
    const auto come = consumer.take(1);
    REQUIRE(come.size() == 1);
    CHECK(come[0].message.event == "after");
    consumer.until_quiet();
    CHECK(consumer.seen.empty());
    CHECK(Holder(place).state().empty());
    CHECK(consumer.pauses.empty());
  });
}

// A tick comes again with its id, every two seconds. Whatever the queue was given, it stores.
TEST_CASE(
    "lease: RabbitMQ is not given twice what a queue may store yet, and nobody waits for it") {
  if (!has_rabbit_ctl()) SKIP_TEST("ACTION_TEST_RABBITMQ_DIR names no directory");
  everywhere([](Place& place) {
    if (place.name() != "classic") return;
    Consumer(place).close();
    Holder holder(place);
    const auto late = queued("low");
    const SilentQueue low(place, "low");
    REQUIRE(low.fall_silent());
    const std::vector<std::size_t> first{0};
    const auto given = try_with(holder, {{late, queued("high")}, "all", {}}, "1");
    CHECK(given.refused == first);
    CHECK(given.time < 7s);
    for (const char* const state : {"2", "3"}) {
      const auto again = try_with(holder, {{late, queued("high")}, "all", {}}, state);
      CHECK(again.refused == first);
      CHECK(again.time < 3s);
    }
    REQUIRE(low.speak());
    for (int turn = 4; turn < 200 && holder.state() != "all"; ++turn)
      try_with(holder, {{late}, "all", {}}, std::to_string(turn));
    CHECK(holder.state() == "all");
    Consumer consumer(place);
    consumer.take(4);  // three of them in `high`
    consumer.until_quiet();
    CHECK(consumer.seen.empty());
  });
}
