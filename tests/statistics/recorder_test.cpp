// From a count to the file, by the thread that writes.
#include "statistics/recorder.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "../base/scene.hpp"
#include "base/clock.hpp"
#include "client/sqlite/database.hpp"
#include "statistics/store.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using actiond::test::Scene;
namespace fs = std::filesystem;

namespace {

Config config_in(const Scene& scene) {
  Config config;
  config.run_dir = scene.dir();
  return config;
}

Ended done() {
  return {"a", "medium", "s", OutcomeLabel::Done, 1ms, 1ms};
}

std::int64_t total_in(const Scene& scene) {
  auto database = action::Database::open(statistics_path(scene.dir()), 1s);
  REQUIRE(database);
  action::Statement sum(**database, "SELECT sum(count) FROM counts WHERE step_s = 0");
  REQUIRE(sum.with().step());
  return sum.number(0);
}

// Threads of this process.
std::ptrdiff_t threads() {
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

}  // namespace

TEST_CASE("recorder: what was counted is in the file when the poller has left") {
  const Scene scene;
  Recorder recorder(config_in(scene), "box/1");
  recorder.count(done());
  CHECK(recorder.tick(wall_now_ms()).empty());
  recorder.count(done());
  CHECK(recorder.leave(wall_now_ms()).empty());
  CHECK(total_in(scene) == 2);
}

TEST_CASE("recorder: with nothing new there is no file, and no thread") {
  const Scene scene;
  const auto before = threads();
  Recorder recorder(config_in(scene), "box/1");
  for (int i = 0; i < 3; ++i) CHECK(recorder.tick(wall_now_ms()).empty());
  CHECK(threads() == before);
  CHECK(recorder.leave(wall_now_ms()).empty());
  CHECK(!fs::exists(statistics_path(scene.dir())));
}

TEST_CASE("recorder: nothing is written while nothing changes") {
  const Scene scene;
  Recorder recorder(config_in(scene), "box/1");
  recorder.count(done());
  recorder.tick(wall_now_ms());
  CHECK(recorder.leave(wall_now_ms()).empty());
  auto database = action::Database::open(statistics_path(scene.dir()), 1s);
  REQUIRE(database);
  action::Statement version(**database, "PRAGMA data_version");
  REQUIRE(version.with().step());
  const auto before = version.number(0);
  for (int i = 0; i < 3; ++i) recorder.leave(wall_now_ms());
  REQUIRE(version.with().step());
  CHECK(version.number(0) == before);
}

TEST_CASE("recorder: statistics: none leaves no trace") {
  const Scene scene;
  auto config = config_in(scene);
  config.statistics.reset();
  Recorder recorder(config, "box/1");
  recorder.count(done());
  recorder.mark({});
  recorder.reconnected();
  recorder.leave(wall_now_ms());
  CHECK(fs::is_empty(scene.dir()));
}

TEST_CASE("recorder: behind a lock it is kept for the next time, even if nothing new comes") {
  const Scene scene;
  Recorder recorder(config_in(scene), "box/1");
  recorder.count(done());
  recorder.leave(wall_now_ms());
  auto other = action::Database::open(statistics_path(scene.dir()), 1s);
  REQUIRE(other);
  REQUIRE((*other)->execute("BEGIN IMMEDIATE"));
  recorder.count(done());
  CHECK(recorder.leave(wall_now_ms()).empty());
  CHECK(total_in(scene) == 1);
  REQUIRE((*other)->execute("ROLLBACK"));
  recorder.leave(wall_now_ms());
  CHECK(total_in(scene) == 2);
}

TEST_CASE("recorder: a poller that leaves waits for others who write, for there is no next time") {
  const Scene scene;
  Recorder recorder(config_in(scene), "box/1");
  recorder.count(done());
  (void)recorder.tick(wall_now_ms());
  while (!fs::exists(statistics_path(scene.dir()))) std::this_thread::yield();
  auto other = action::Database::open(statistics_path(scene.dir()), 1s);
  REQUIRE(other);
  while (!(*other)->execute("BEGIN IMMEDIATE")) std::this_thread::yield();
  recorder.count(done());
  std::thread leaving([&] { CHECK(recorder.leave(wall_now_ms()).empty()); });
  std::this_thread::sleep_for(200ms);  // longer than anybody waits who comes again
  REQUIRE((*other)->execute("ROLLBACK"));
  leaving.join();
  CHECK(total_in(scene) == 2);
}

TEST_CASE("recorder: a problem is told once, and all is written when it is over") {
  const Scene scene;
  fs::create_directory(statistics_path(scene.dir()));  // no file can be there, not even root's
  Recorder recorder(config_in(scene), "box/1");
  std::size_t told = 0;
  for (int i = 0; i < 5; ++i) {
    recorder.count(done());
    told += recorder.leave(wall_now_ms()).size();
  }
  CHECK(told == 1);
  fs::remove(statistics_path(scene.dir()));
  CHECK(recorder.leave(wall_now_ms()).empty());
  CHECK(total_in(scene) == 5);
}

TEST_CASE("recorder: damage is told once, and counting goes on in a new file") {
  const Scene scene;
  scene.write("statistics.db", std::string(9000, 'x'));
  Recorder recorder(config_in(scene), "box/1");
  recorder.count(done());
  const auto news = recorder.leave(wall_now_ms());
  REQUIRE(news.size() == 1);
  CHECK(news[0].find("is damaged") != std::string::npos);
  recorder.count(done());
  CHECK(recorder.leave(wall_now_ms()).empty());
  CHECK(total_in(scene) == 2);
}

TEST_CASE("recorder: a file that was removed begins anew") {
  const Scene scene;
  Recorder recorder(config_in(scene), "box/1");
  recorder.count(done());
  recorder.leave(wall_now_ms());
  for (const char* name : {"statistics.db", "statistics.db-wal", "statistics.db-shm"})
    fs::remove(scene.dir() / name);
  recorder.count(done());
  recorder.leave(wall_now_ms());
  CHECK(total_in(scene) == 1);
}

TEST_CASE("recorder: several processes' worth of writers lose nothing") {
  const Scene scene;
  std::vector<std::thread> pollers;
  for (int i = 0; i < 4; ++i)
    pollers.emplace_back([&] {
      Recorder recorder(config_in(scene), "box/1");
      for (int round = 0; round < 20; ++round) {
        recorder.count(done());
        recorder.tick(wall_now_ms());
      }
      for (int tries = 0; tries < 5; ++tries) recorder.leave(wall_now_ms());
    });
  for (auto& poller : pollers) poller.join();
  CHECK(total_in(scene) == 80);
}
