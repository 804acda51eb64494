#include "poller/runners/hand_page.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "../../base/allocations.hpp"
#include "../log_scene.hpp"
#include "left_hand.hpp"
#include "poller/runners/runner_process.hpp"

using namespace actiond;
namespace fs = std::filesystem;

namespace {

std::ptrdiff_t open_descriptors() {
  const fs::directory_iterator open("/proc/self/fd");
  return std::distance(begin(open), end(open));
}

}  // namespace

TEST_CASE("hand page: a runner costs its poller three descriptors") {
  const LogScene scene;
  REQUIRE(RunnerProcess::spawn().ok());  // its program is opened once
  const auto before = open_descriptors();
  auto page = HandPage::create(scene.directory, "1");
  REQUIRE(page.ok());
  const auto runner = RunnerProcess::spawn_with(std::move(*page), {});
  REQUIRE(runner.ok());
  CHECK(open_descriptors() == before + 3);
}

TEST_CASE("hand page: a killed poller leaves which event had begun and not ended") {
  const LogScene scene;
  const auto left = leave_hand(scene.directory, "7", "mail");
  const auto hand = DeadHand::open(left);
  REQUIRE(hand);
  CHECK(hand->begun() == hand_mark("7", "mail"));
}

TEST_CASE("hand page: what had ended, or was only handed, had not begun") {
  const LogScene scene;
  const auto left = leave_hand(scene.directory, "7", "mail", true);
  const auto hand = DeadHand::open(left);
  REQUIRE(hand);
  CHECK_FALSE(hand->begun());
}

TEST_CASE("hand page: while its poller lives nobody takes it for a dead one's, then it goes") {
  const LogScene scene;
  fs::path path;
  {
    auto page = HandPage::create(scene.directory, "1");
    REQUIRE(page.ok());
    path = page->path();
    auto moved = std::move(*page);
    CHECK(fs::exists(path));
    CHECK_FALSE(DeadHand::open(path));
    const auto progress = moved.progress();  // as a runner has it, that may live on
    CHECK_FALSE(DeadHand::open(path));
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("hand page: a file that is none, or cut, tells nothing") {
  const LogScene scene;
  const auto left = leave_hand(scene.directory, "7", "mail");
  SUBCASE("cut") {
    fs::resize_file(left, 100);
  }
  SUBCASE("empty") {
    fs::resize_file(left, 0);
  }
  SUBCASE("other") {
    std::ofstream(left) << std::string(8192, 'x');
  }
  SUBCASE("gone") {
    fs::remove(left);
  }
  CHECK_FALSE(DeadHand::open(left));
}

TEST_CASE("hand page: one that somebody cuts short kills nobody, and proves nothing any more") {
  const LogScene scene;
  auto page = HandPage::create(scene.directory, "1");
  REQUIRE(page.ok());
  auto progress = page->progress();
  REQUIRE(progress.ok());
  REQUIRE(progress->begin(1, 1));
  CHECK_FALSE(progress->is_lost());
  fs::resize_file(page->path(), 0);
  SUBCASE("and it stays short") {}
  SUBCASE("and it is long again before anybody has looked, as by a crash's text") {
    fs::resize_file(page->path(), 8192);
  }
  page->hand(2, hand_mark("7", "mail"));
  CHECK(progress->begun() == 0);
  CHECK(progress->is_lost());
  const auto other = Progress::create();
  REQUIRE(other.ok());
  CHECK_FALSE(other->is_lost());
}

TEST_CASE("hand page: one that is written over proves nothing any more") {
  const LogScene scene;
  auto page = HandPage::create(scene.directory, "1");
  REQUIRE(page.ok());
  auto progress = page->progress();
  REQUIRE(progress.ok());
  std::ofstream(page->path(), std::ios::in) << std::string(8192, 'Z');
  CHECK(progress->is_lost());
}

TEST_CASE("hand page: an event in another's name, or of another id, has another mark") {
  CHECK(hand_mark("7", "mail") == hand_mark("7", "mail"));
  CHECK(hand_mark("7", "mail") != hand_mark("8", "mail"));
  CHECK(hand_mark("7", "mail") != hand_mark("7", "mai"));
  CHECK(hand_mark("7m", "ail") != hand_mark("7", "mail"));
}

TEST_CASE("hand page: to keep it allocates nothing") {
  const LogScene scene;
  auto page = HandPage::create(scene.directory, "1");
  REQUIRE(page.ok());
  const auto before = test::allocations();
  for (std::uint64_t run = 1; run < 1000; ++run) page->hand(run, hand_mark("an id", "mail"));
  CHECK(test::allocations() == before);
}

TEST_CASE("hand page: without a directory there is none, and a sentence") {
  const auto page = HandPage::create("/nonexistent", "1");
  REQUIRE_FALSE(page.ok());
  CHECK(page.error().text.find("/nonexistent/poller.1.") != std::string::npos);
}
