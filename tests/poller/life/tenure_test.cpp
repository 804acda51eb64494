#include "poller/life/tenure.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <fstream>

#include "../fake_clock.hpp"
#include "../log_scene.hpp"
#include "base/files.hpp"

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

TEST_CASE("tenure: replaced it is over, at the next turn") {
  TenureScene scene;
  scene.begin();
  scene.turn();
  CHECK_FALSE(scene.tenure.is_over());
  scene.replace();
  scene.turn();
  CHECK(scene.tenure.is_over());
}

TEST_CASE("tenure: removed it is over when its directory has stayed; until then it is in doubt") {
  TenureScene scene;
  scene.begin();
  std::filesystem::remove(scene.tenure.path());
  scene.turn();
  CHECK_FALSE(scene.tenure.is_over());
  CHECK(scene.tenure.is_in_doubt());
  scene.clock.advance(299ms);
  CHECK_FALSE(scene.tenure.is_over());
  scene.clock.advance(1ms);
  CHECK(scene.tenure.is_over());
  CHECK_FALSE(scene.tenure.has_moved());
}

TEST_CASE("tenure: removed with its directory, or with all that was there, it has moved") {
  TenureScene scene;
  scene.begin();
  std::filesystem::remove(scene.tenure.path());
  scene.turn();
  CHECK_FALSE(scene.tenure.is_over());
  SUBCASE("the directory") {
    std::filesystem::remove_all(scene.directory);
  }
  SUBCASE("all in it") {
    std::filesystem::remove(scene.directory / "poller.1.lock");
  }
  scene.clock.advance(300ms);
  CHECK_FALSE(scene.tenure.is_over());
  CHECK(scene.tenure.has_moved());
  CHECK(scene.tenure.is_homeless() == !std::filesystem::exists(scene.directory));
}

TEST_CASE("tenure: another directory under its path is noticed within a second, again in ten") {
  TenureScene scene;
  const auto old = scene.directory.native() + ".old";
  scene.begin();
  scene.clock.advance(5s);
  CHECK_FALSE(scene.tenure.has_moved());
  std::filesystem::rename(scene.directory, old);
  SUBCASE("none") {}
  SUBCASE("a new one, with the PID file of another") {
    std::filesystem::create_directory(scene.directory);
    scene.replace();
  }
  scene.clock.advance(1s);
  CHECK(scene.tenure.has_moved());
  CHECK_FALSE(scene.tenure.has_moved());
  scene.clock.advance(9s);
  CHECK_FALSE(scene.tenure.has_moved());
  scene.clock.advance(1s);
  CHECK(scene.tenure.has_moved());
  scene.tenure.event_ended();
  CHECK_FALSE(scene.tenure.is_over());  // it is in the directory that it holds
  CHECK_FALSE(scene.tenure.is_homeless());
  scene.tenure.end();
  CHECK_FALSE(std::filesystem::exists(old + "/poller.1.pid"));
  std::filesystem::remove_all(old);
}

TEST_CASE("tenure: a poller N that is alive elsewhere is not replaced") {
  TenureScene scene;
  std::ofstream(scene.directory / "poller.1.pid") << "7\n1-a\nhost web-2 namespace 7 boot b\n";
  const UniqueFd held(::open((scene.directory / "poller.1.pid").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(try_to_lock(held));
  CHECK(scene.tenure.is_anybody_there());
  CHECK_FALSE(scene.tenure.begin().ok());
}

TEST_CASE("tenure: once a day its files look used, and the directory is held against tidying") {
  TenureScene scene;
  scene.begin();
  const auto file = scene.tenure.path();
  const auto days_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(240);
  std::filesystem::last_write_time(file, days_ago);
  scene.clock.advance(23h);
  CHECK(std::filesystem::last_write_time(file) == days_ago);
  scene.clock.advance(1h);
  CHECK(std::filesystem::last_write_time(file) > days_ago);
  CHECK_FALSE(scene.tenure.look());
  const UniqueFd directory(::open(scene.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK_FALSE(try_to_lock(directory));  // as systemd-tmpfiles asks
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
