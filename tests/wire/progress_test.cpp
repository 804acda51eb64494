#include "wire/progress.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace actiond;
using namespace std::chrono_literals;

namespace {
Progress make() {
  auto progress = Progress::create();
  REQUIRE(progress.ok());
  return std::move(*progress);
}
}  // namespace

TEST_CASE("progress: nobody can take the page away") {
  const Progress poller = make();
  CHECK(::ftruncate(poller.fd(), 0) != 0);
  CHECK(poller.begun() == 0);
}

TEST_CASE("progress: the other side sees what was begun and done") {
  Progress poller = make();
  auto runner = Progress::open(poller.fd());
  REQUIRE(runner.ok());
  CHECK(runner->begin(1, 42));
  CHECK(poller.begun() == 1);
  CHECK(poller.run_time(std::chrono::steady_clock::time_point(50ns)) == 8ns);
  CHECK(poller.ended() == 0);
  runner->ended(1);
  CHECK(poller.ended() == 1);
}

TEST_CASE("progress: that a run ended is no proof that it ended well") {
  Progress progress = make();
  CHECK(progress.begin(1, 0));
  progress.ended(1);
  CHECK_FALSE(progress.has_ended_well(1, 42));
}

TEST_CASE("progress: a run that ended well is proven by its number and its process") {
  Progress progress = make();
  progress.ended_well(2, 42);
  CHECK(progress.ended() == 2);
  CHECK(progress.has_ended_well(1, 42));
  CHECK(progress.has_ended_well(2, 42));
  CHECK_FALSE(progress.has_ended_well(3, 42));
  CHECK_FALSE(progress.has_ended_well(2, 43));
}

TEST_CASE("progress: one that did not end well is never proven by one after it") {
  Progress progress = make();
  progress.ended_well(1, 42);
  progress.not_well(2);
  progress.ended(2);
  CHECK(progress.has_ended_well(1, 42));
  CHECK_FALSE(progress.has_ended_well(2, 42));
  progress.ended_well(3, 42);
  CHECK_FALSE(progress.has_ended_well(2, 42));
  CHECK(progress.has_ended_well(3, 42));
}

TEST_CASE("progress: where two did not end well and neither was told, nothing before is proven") {
  Progress progress = make();
  progress.not_well(1);
  progress.ended_well(2, 42);
  progress.not_well(3);
  CHECK_FALSE(progress.has_ended_well(1, 42));
  CHECK(progress.has_ended_well(2, 42));
  CHECK_FALSE(progress.has_ended_well(3, 42));
}

TEST_CASE("progress: what was recalled does not begin, what comes after does") {
  Progress progress = make();
  CHECK(progress.begin(1, 0));
  CHECK(progress.recall(3) == 1);
  CHECK_FALSE(progress.begin(2, 0));
  CHECK_FALSE(progress.begin(3, 0));
  CHECK(progress.begin(4, 0));
}

TEST_CASE("progress: a run is cancelled by its number, later ones are not") {
  Progress progress = make();
  progress.cancel(5);
  CHECK(progress.is_cancelled(5));
  CHECK_FALSE(progress.is_cancelled(6));
}

TEST_CASE("progress: of a run and its recall at the same moment exactly one wins") {
  for (int round = 0; round < 2000; ++round) {
    Progress poller = make();
    auto runner = Progress::open(poller.fd());
    REQUIRE(runner.ok());
    std::atomic<bool> go{false};
    bool did_begin = false;
    std::thread child([&] {
      while (!go) {
      }
      did_begin = runner->begin(1, 0);
    });
    go = true;
    const bool was_seen_begun = poller.recall(1) == 1;
    child.join();
    // Seen as begun, it may still decline (and says so); not seen, it must not run.
    if (!was_seen_begun) CHECK_FALSE(did_begin);
  }
}
