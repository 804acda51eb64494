#include "wire/progress.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

using namespace actiond;

namespace {
Progress make() {
  auto progress = Progress::create();
  REQUIRE(progress.ok());
  return std::move(*progress);
}
}  // namespace

TEST_CASE("progress: the other side sees what was begun and done") {
  Progress poller = make();
  auto runner = Progress::open(::dup(poller.fd()));
  REQUIRE(runner.ok());
  CHECK(runner->begin(1, 42));
  CHECK(poller.begun() == 1);
  CHECK(poller.begun_at_ns() == 42);
  CHECK(poller.done() == 0);
  runner->done(1);
  CHECK(poller.done() == 1);
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
    auto runner = Progress::open(::dup(poller.fd()));
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
