#include "answers/cluster_policy.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>

using namespace actiond;
using namespace std::chrono_literals;

namespace {

constexpr double kMostLoad = 8;

MonotonicTime at(std::chrono::milliseconds time) {
  return MonotonicTime(1h + time);
}

ClusterConfig between(int min, int max) {
  ClusterConfig config;
  config.first_id = 101;
  config.last_id = 100 + max;
  config.min = min;
  config.max = max;
  return config;
}

// A machine whose pollers end `kEach` events a second, and begin half a second after they were
// asked to.
class Machine {
 public:
  static constexpr double kEach = 200;

  explicit Machine(int min, int max) : policy_(between(min, max), kMostLoad) {}

  // `rate` events come in a second.
  void run_for(std::chrono::milliseconds time, double rate) {
    for (const auto end = now_ + time; now_ < end; now_ += kTick) {
      if (now_ >= begin_at_) working_ = asked_;
      const double able = working_ * kEach * kTickSeconds;
      const double worked = std::min(able, waiting_ + rate * kTickSeconds);
      waiting_ += rate * kTickSeconds - worked;
      done_ += worked;
      done_known_ += working_ > 0 ? worked * std::min(known_, working_) / working_ : 0;
      busy_ = able > 0 ? working_ * worked / able : 0;
      if (now_ % 5s == 0s) look();
      seen.push_back({now_, working_, waiting_});
    }
  }

  struct Seen {
    std::chrono::milliseconds at;
    int pollers;
    double waiting;
  };
  std::vector<Seen> seen;
  std::vector<int> changes;

  std::chrono::milliseconds now() const { return now_; }

 private:
  static constexpr auto kTick = 10ms;
  static constexpr double kTickSeconds = 0.01;

  void look() {
    ClusterLook look;
    look.at = at(now_);
    look.pollers = working_;
    look.busy = busy_;
    look.busy_known = working_ > 0 ? busy_ * std::min(known_, working_) / working_ : 0;
    look.done = static_cast<std::uint64_t>(std::exchange(done_, 0));
    look.done_known = static_cast<std::uint64_t>(std::exchange(done_known_, 0));
    look.waiting = static_cast<std::uint64_t>(waiting_);
    const auto step = policy_.decide(look);
    known_ = working_;
    if (step.change == 0) return;
    changes.push_back(step.change);
    asked_ = working_ + step.change;
    begin_at_ = now_ + 500ms;
  }

  ClusterPolicy policy_;
  std::chrono::milliseconds now_{0}, begin_at_{0};
  int asked_ = 0, working_ = 0, known_ = 0;
  double waiting_ = 0, done_ = 0, done_known_ = 0, busy_ = 0;
};

int reversals(const std::vector<int>& changes) {
  int count = 0;
  for (std::size_t i = 1; i < changes.size(); ++i)
    count += (changes[i] > 0) != (changes[i - 1] > 0);
  return count;
}

// What was seen first at or after this time.
Machine::Seen seen_at(const Machine& machine, std::chrono::milliseconds time) {
  const auto it = std::lower_bound(machine.seen.begin(), machine.seen.end(), time,
                                   [](const auto& seen, auto when) { return seen.at < when; });
  REQUIRE(it != machine.seen.end());
  return *it;
}

ClusterLook look(std::chrono::milliseconds time, int pollers, double busy, std::uint64_t waiting) {
  ClusterLook one;
  one.at = at(time);
  one.pollers = pollers;
  one.busy = one.busy_known = busy;
  one.waiting = waiting;
  return one;
}

}  // namespace

TEST_CASE("cluster: it follows the load up and down, and does not swing") {
  // Whatever part of the five seconds between two looks has gone when the load begins.
  for (const auto shift : {0ms, 10ms, 1000ms, 2500ms, 4900ms}) {
    CAPTURE(shift.count());
    Machine machine(2, 20);
    machine.run_for(60s + shift, 0);
    CHECK(machine.seen.back().pollers == 2);
    const auto begin = machine.now();
    machine.run_for(60s, 2000);
    CHECK(seen_at(machine, begin + 15s).pollers >= 9);
    CHECK(machine.seen.back().waiting < 2000 * 60 / 4);
    const auto end = machine.now();
    machine.run_for(90s, 0);
    CHECK(seen_at(machine, end + 89s).pollers == 2);
    CHECK(machine.seen.back().waiting == 0);
    CHECK(reversals(machine.changes) <= 2);
    for (const auto& seen : machine.seen) REQUIRE(seen.pollers <= 20);
  }
}

TEST_CASE("cluster: below min it starts what is missing, above max it stops what is too much") {
  ClusterPolicy policy(between(2, 4), kMostLoad);
  CHECK(policy.decide(look(0s, 0, 0, 0)).change == 2);
  CHECK(policy.decide(look(1s, 1, 0, 0)).change == 1);
  CHECK(policy.decide(look(2s, 7, 7, 1000)).change == -3);
  ClusterLook unknown = look(3s, 0, 0, 0);
  unknown.waiting.reset();
  CHECK(policy.decide(unknown).change == 2);
}

TEST_CASE("cluster: what it does not know changes nothing, and is said") {
  ClusterPolicy policy(between(1, 9), kMostLoad);
  ClusterLook unknown = look(0s, 3, 3, 0);
  unknown.waiting.reset();
  const auto step = policy.decide(unknown);
  CHECK(step.change == 0);
  CHECK(step.why == "the broker does not answer");
}

TEST_CASE("cluster: a machine with nothing left gets no more pollers, and says so") {
  ClusterPolicy policy(between(1, 9), kMostLoad);
  auto full = look(0s, 1, 1, 5000);
  full.load = kMostLoad;
  CHECK(policy.decide(full).change == 0);
  CHECK(policy.decide(full).why ==
        "5000 events wait, and all pollers are busy, but the load is 8.0, "
        "of at most 8.0");
  full.load = 0;
  full.has_memory = false;
  CHECK(policy.decide(full).change == 0);
  CHECK(policy.decide(full).why.ends_with("but too little memory is free"));
  full.has_memory = true;
  CHECK(policy.decide(full).change == 5);
}

TEST_CASE("cluster: an overloaded machine loses one poller at a time, down to min") {
  ClusterPolicy policy(between(1, 9), kMostLoad);
  std::vector<int> changes;
  int pollers = 3;
  for (auto time = 0s; time < 200s; time += 5s) {
    auto loaded = look(time, pollers, pollers, 0);
    loaded.load = 12;
    const auto step = policy.decide(loaded);
    if (step.change != 0) changes.push_back(step.change);
    pollers += step.change;
  }
  CHECK(changes == std::vector<int>{-1, -1});
}

TEST_CASE("cluster: one event that waits for an idle poller starts none") {
  ClusterPolicy policy(between(2, 9), kMostLoad);
  CHECK(policy.decide(look(0s, 2, 0, 1)).change == 0);
  CHECK(policy.decide(look(5s, 2, 0.5, 1)).change == 0);
}

TEST_CASE("cluster: that max is too few is said") {
  ClusterPolicy policy(between(1, 2), kMostLoad);
  ClusterStep step;
  for (auto time = 0s; time <= 60s; time += 5s) {
    auto busy = look(time, 2, 2, 10'000 + 100 * static_cast<std::uint64_t>(time.count()));
    busy.done = busy.done_known = 10;
    step = policy.decide(busy);
  }
  CHECK(step.change == 0);
  CHECK(step.why ==
        "16000 events wait, 102 come and 2 are done in a second: 369 pollers would be "
        "through in 60 s, but max is 2");
}

TEST_CASE("cluster: handlers that take minutes get more pollers before any has ended") {
  ClusterPolicy policy(between(1, 40), kMostLoad);
  CHECK(policy.decide(look(0s, 1, 1, 30)).change == 5);
  CHECK(policy.decide(look(5s, 6, 6, 25)).change == 5);
}
