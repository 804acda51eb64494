#include "poller/life/tenure.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "../fake_clock.hpp"
#include "../log_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

struct TenureScene : LogScene {
  boost::asio::io_context io;
  FakeClock clock;
  Tenure tenure;

  explicit TenureScene(std::optional<int> id = 1,
                       Tenure::WatchDirectory watch = actiond::watch_directory)
      : tenure(io, clock, directory, id, watch) {}

  // One that has begun, and looked since.
  void begin() {
    REQUIRE(tenure.begin().ok());
    turn();
    CHECK_FALSE(tenure.is_over());
  }
  // The loop sleeps, and wakes if there is something.
  void turn() {
    tenure.arm();
    io.restart();
    io.poll();
  }
  void replace() { std::ofstream(tenure.path()) << "1\nanother\n"; }
};

UniqueFd no_inotify(const std::filesystem::path&) {
  return {};
}

}  // namespace

TEST_CASE("tenure: before it has begun nothing is over") {
  TenureScene scene;
  CHECK_FALSE(scene.tenure.is_over());
  CHECK_FALSE(scene.tenure.look());
  CHECK_FALSE(std::filesystem::exists(scene.tenure.path()));
}

TEST_CASE("tenure: replaced or removed it is over, at the next turn") {
  TenureScene scene;
  scene.begin();
  scene.turn();
  CHECK_FALSE(scene.tenure.is_over());
  SUBCASE("replaced") {
    scene.replace();
  }
  SUBCASE("removed") {
    std::filesystem::remove(scene.tenure.path());
  }
  scene.turn();
  CHECK(scene.tenure.is_over());
}

TEST_CASE("tenure: without inotify it is looked at after each event, and once a second") {
  TenureScene scene(1, no_inotify);
  scene.begin();
  scene.replace();
  CHECK_FALSE(scene.tenure.is_over());
  SUBCASE("an event has ended") {
    scene.tenure.event_ended();
  }
  SUBCASE("a second has passed") {
    scene.clock.advance(999ms);
    CHECK_FALSE(scene.tenure.is_over());
    scene.clock.advance(1ms);
  }
  SUBCASE("so have many") {
    std::filesystem::remove(scene.tenure.path());
    REQUIRE(scene.tenure.begin().ok());
    scene.clock.advance(10s);
    CHECK_FALSE(scene.tenure.is_over());
    scene.replace();
    scene.clock.advance(1s);
  }
  CHECK(scene.tenure.is_over());
}

TEST_CASE("tenure: one look is for all events that end together") {
  TenureScene scene(1, no_inotify);
  scene.begin();
  scene.tenure.event_ended();
  scene.tenure.event_ended();
  CHECK_FALSE(scene.tenure.is_over());
  scene.replace();
  CHECK_FALSE(scene.tenure.is_over());  // nothing has ended since
}

TEST_CASE("tenure: at its end the PID file goes, unless it is another's by then") {
  TenureScene scene;
  scene.begin();
  SUBCASE("its own") {
    scene.tenure.end();
    CHECK_FALSE(std::filesystem::exists(scene.tenure.path()));
  }
  SUBCASE("another's") {
    scene.replace();
    scene.tenure.end();
    CHECK(std::filesystem::exists(scene.tenure.path()));
  }
}

TEST_CASE("tenure: without an id there is none to lose") {
  TenureScene scene(std::nullopt);
  scene.begin();
  scene.tenure.event_ended();
  CHECK_FALSE(scene.tenure.is_over());
  scene.tenure.end();
}

TEST_CASE("tenure: a PID file that can't be written is a failure, and nothing has begun") {
  TenureScene scene;
  std::filesystem::remove_all(scene.directory);
  CHECK_FALSE(scene.tenure.begin().ok());
  scene.turn();
  CHECK_FALSE(scene.tenure.is_over());
}
