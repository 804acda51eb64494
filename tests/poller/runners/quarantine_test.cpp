#include "poller/runners/quarantine.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "../fake_clock.hpp"
#include "../log_scene.hpp"
#include "base/child_process.hpp"
#include "left_hand.hpp"
#include "wire/runner_mark.hpp"

using namespace actiond;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct QuarantineScene : LogScene {
  FakeClock clock;
  Quarantine quarantine{directory, clock};
  Delivery delivery;

  QuarantineScene() {
    delivery.message.event = "mail";
    delivery.message.id = "7";
    delivery.is_redelivered = true;
  }
  std::string stopped() {
    const auto outcome = quarantine.stop(delivery);
    return outcome ? outcome->reason : "";
  }
};

}  // namespace

TEST_CASE("quarantine: an event in which a poller died is stopped, with how many did") {
  QuarantineScene scene;
  CHECK(scene.stopped() == "");
  scene.clock.advance(1s);
  leave_hand(scene.directory, "7", "mail");
  CHECK(scene.stopped() == "its poller died in it");
  CHECK(scene.delivery.interruptions == 1);
  scene.delivery.message.trail.interrupted = 1;
  CHECK(scene.stopped() == "its poller died in it 2 times");
  leave_hand(scene.directory, "7", "mail");
  scene.clock.advance(1s);
  CHECK(scene.stopped() == "its poller died in it 3 times");
}

TEST_CASE("quarantine: what the runner of a dead poller had started is killed") {
  QuarantineScene scene;
  std::string variable = std::string(kRunnerVariable) + "=1.2.quarantine_test";
  ChildPlan plan{"the child", "/bin/sleep", {"sleep", "600"}};
  plan.environment = {variable.data(), nullptr};
  auto child = ChildProcess::start(std::move(plan));
  REQUIRE(child.ok());
  auto page = HandPage::create(scene.directory, "1");
  REQUIRE(page.ok());
  page->name_runner(variable);
  const auto has_environment = [&] {
    std::ifstream file("/proc/" + std::to_string(child->pid()) + "/environ");
    return file.get() != EOF;
  };
  while (!has_environment()) continue;  // a moment after it is started
  scene.quarantine.begin();
  CHECK_FALSE(child->reap());  // its poller lives
  fs::copy_file(page->path(), scene.directory / "poller.1.left.hand");
  scene.quarantine.begin();
  CHECK(child->wait().text() == "SIGKILL");
}

TEST_CASE("quarantine: it stays stopped until that is stored, by whomever") {
  QuarantineScene scene;
  const auto left = leave_hand(scene.directory, "7", "mail");
  CHECK(scene.stopped() != "");
  SUBCASE("this poller") {
    scene.quarantine.stored(scene.delivery);
  }
  SUBCASE("another") {
    fs::remove(left);
  }
  CHECK(scene.stopped() == "");
  CHECK_FALSE(fs::exists(left));
}

TEST_CASE("quarantine: nothing else is suspected") {
  QuarantineScene scene;
  bool has_ended = false;
  SUBCASE("what had ended") {
    has_ended = true;
  }
  SUBCASE("what waited behind it") {
    scene.delivery.message.id = "behind";
  }
  SUBCASE("what ran before it") {
    scene.delivery.message.id = "before";
  }
  SUBCASE("another event of its id") {
    scene.delivery.message.event = "slow";
  }
  SUBCASE("what was never delivered before") {
    scene.delivery.is_redelivered = false;
  }
  leave_hand(scene.directory, "7", "mail", has_ended);
  CHECK(scene.stopped() == "");
}

TEST_CASE("quarantine: what tells nothing is removed, what nobody asks for after a day") {
  QuarantineScene scene;
  const auto empty = leave_hand(scene.directory, "8", "mail", true);
  const auto other = leave_hand(scene.directory, "8", "mail");
  CHECK(scene.stopped() == "");
  CHECK_FALSE(fs::exists(empty));
  CHECK(fs::exists(other));
  auto hand = DeadHand::open(other);
  REQUIRE(hand);
  const auto now_ms = wall_now_ms();
  CHECK(hand->age_ms(now_ms + 1000) >= 1000);  // since it was found
}

TEST_CASE("quarantine: in a storm the directory is looked at from time to time") {
  QuarantineScene scene;
  CHECK(scene.stopped() == "");
  leave_hand(scene.directory, "7", "mail");
  scene.clock.advance(19ms);
  CHECK(scene.stopped() == "");
  scene.clock.advance(1ms);
  CHECK(scene.stopped() != "");
}
