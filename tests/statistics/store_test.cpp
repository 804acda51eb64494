// The file itself: what is added adds up, across writers, restarts and mishaps.
#include "statistics/store.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "../base/scene.hpp"
#include "statistics/packed_buckets.hpp"
#include "statistics/tables.hpp"

using namespace actiond;
using namespace std::chrono_literals;
using actiond::test::Scene;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMinute = 30'000'000;
constexpr std::int64_t kNow_ms = kMinute * 60'000;

Delta delta_of(const std::string& event, std::uint64_t count, std::int64_t minute = kMinute) {
  Delta delta;
  auto& cell = delta.cells[{minute, event, "medium", "1a2b3c4d5e6f", OutcomeLabel::Done}];
  cell.count = count;
  for (std::uint64_t i = 0; i < count; ++i) cell.run.add(5ms);
  return delta;
}

std::unique_ptr<Store> store_at(const Scene& scene, const StatisticsConfig& config = {}) {
  auto opened = Store::open(statistics_path(scene.dir()), config);
  REQUIRE_MESSAGE(opened.store, opened.error.text);
  return std::move(opened.store);
}

std::int64_t ask(const Scene& scene, const char* sql) {
  auto database = action::Database::open(statistics_path(scene.dir()), 1s);
  REQUIRE(database);
  action::Statement statement(**database, sql);
  REQUIRE(statement.with().step());
  return statement.number(0);
}

}  // namespace

TEST_CASE("store: a delta is added to its minute, its hour and the totals") {
  const Scene scene;
  auto store = store_at(scene);
  CHECK(store->add(delta_of("a", 2), kNow_ms) == Store::Added::Yes);
  CHECK(store->add(delta_of("a", 3), kNow_ms) == Store::Added::Yes);
  CHECK(store->add(delta_of("a", 4, kMinute + 1), kNow_ms) == Store::Added::Yes);
  CHECK(ask(scene, "SELECT count(*) FROM counts WHERE step_s = 60") == 2);
  CHECK(ask(scene, "SELECT count FROM counts WHERE step_s = 60 ORDER BY at_s") == 5);
  CHECK(ask(scene, "SELECT count FROM counts WHERE step_s = 3600") == 9);
  CHECK(ask(scene, "SELECT count FROM counts WHERE step_s = 0") == 9);
  CHECK(ask(scene, "SELECT run_ms FROM counts WHERE step_s = 0") == 45);
}

TEST_CASE("store: buckets add up as counts do") {
  const Scene scene;
  for (int i = 0; i < 2; ++i)
    CHECK(store_at(scene)->add(delta_of("a", 200), kNow_ms) == Store::Added::Yes);
  auto database = action::Database::open(statistics_path(scene.dir()), 1s);
  REQUIRE(database);
  action::Statement row(**database, "SELECT run FROM counts WHERE step_s = 0");
  REQUIRE(row.with().step());
  RunTimes times;
  unpack_buckets(row.text(0), times.buckets);
  CHECK(times.buckets[3] == 400);
}

TEST_CASE("store: minutes and hours go when they are too old, totals stay") {
  const Scene scene;
  auto store = store_at(scene, {1h, 48h});
  CHECK(store->add(delta_of("a", 1), kNow_ms) == Store::Added::Yes);
  CHECK(store->add(delta_of("a", 1, kMinute + 90), kNow_ms + 90 * 60'000) == Store::Added::Yes);
  CHECK(ask(scene, "SELECT count(*) FROM counts WHERE step_s = 60") == 1);
  CHECK(ask(scene, "SELECT count(*) FROM counts WHERE step_s = 3600") == 2);
  CHECK(store->add(delta_of("a", 1, kMinute + 6000), kNow_ms + 6000 * 60'000) == Store::Added::Yes);
  CHECK(ask(scene, "SELECT count(*) FROM counts WHERE step_s = 3600") == 1);
  CHECK(ask(scene, "SELECT count FROM counts WHERE step_s = 0") == 3);
}

TEST_CASE("store: marks are rows, and counted for ever") {
  const Scene scene;
  Delta delta;
  delta.marks.push_back({MarkKind::Swap, kNow_ms, "box/1", "old", "new", "", "", "", 1});
  delta.marks.push_back({MarkKind::Crash, kNow_ms, "box/1", "new", "new", "a", "a.so", "why", 3});
  delta.reconnects = 2;
  CHECK(store_at(scene)->add(delta, kNow_ms) == Store::Added::Yes);
  CHECK(ask(scene, "SELECT count(*) FROM marks") == 2);
  CHECK(ask(scene, "SELECT count(*) FROM marks WHERE set_before = 'old' AND set_after = 'new'") ==
        1);
  CHECK(ask(scene,
            "SELECT value FROM counters WHERE name = 'crash' AND event = 'a' AND plugin = "
            "'a.so'") == 3);
  CHECK(ask(scene, "SELECT value FROM counters WHERE name = 'swap'") == 1);
  CHECK(ask(scene, "SELECT value FROM counters WHERE name = 'reconnect'") == 2);
}

TEST_CASE("store: all pollers together have 200 names of events") {
  const Scene scene;
  auto store = store_at(scene);
  for (int poller = 0; poller < 3; ++poller) {
    Delta delta;
    for (int i = 0; i < 150; ++i) {
      const auto event = "event" + std::to_string(poller * 150 + i);
      delta.cells[{kMinute, event, "medium", "s", OutcomeLabel::Done}].count = 1;
    }
    CHECK(store->add(delta, kNow_ms) == Store::Added::Yes);
  }
  CHECK(ask(scene, "SELECT count(*) FROM names WHERE kind = 1") == 201);
  CHECK(ask(scene, "SELECT sum(count) FROM counts WHERE step_s = 0") == 450);
  CHECK(ask(scene,
            "SELECT count FROM counts JOIN names ON event = id WHERE step_s = 0 AND name = "
            "'other'") == 250);
}

TEST_CASE("store: a lock of another process is waited for 20 ms, and nothing is added") {
  const Scene scene;
  auto store = store_at(scene);
  auto other = action::Database::open(statistics_path(scene.dir()), 1s);
  REQUIRE(other);
  REQUIRE((*other)->execute("BEGIN IMMEDIATE"));
  const auto begin = std::chrono::steady_clock::now();
  CHECK(store->add(delta_of("a", 1), kNow_ms) == Store::Added::Busy);
  CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
  REQUIRE((*other)->execute("ROLLBACK"));
  CHECK(store->add(delta_of("a", 1), kNow_ms) == Store::Added::Yes);
  CHECK(ask(scene, "SELECT count FROM counts WHERE step_s = 0") == 1);
}

TEST_CASE("store: a damaged file is moved aside, and a new one begins") {
  const Scene scene;
  scene.write("statistics.db", std::string(9000, 'x'));
  auto opened = Store::open(statistics_path(scene.dir()), {});
  REQUIRE(opened.store);
  REQUIRE(opened.moved_aside);
  CHECK(opened.moved_aside->find("statistics.db is damaged") != std::string::npos);
  CHECK(opened.store->add(delta_of("a", 1), kNow_ms) == Store::Added::Yes);
  CHECK(fs::file_size(scene.dir() / "statistics.db.damaged") == 9000);
}

TEST_CASE("store: a new file is not moved aside for the damage of the one before") {
  const Scene scene;
  const auto path = statistics_path(scene.dir());
  scene.write("statistics.db", std::string(9000, 'x'));
  const auto damaged = find_damage(path);
  REQUIRE(damaged);
  fs::rename(path, path.native() + ".damaged");
  auto store = store_at(scene);
  CHECK_FALSE(find_damage(path));
  CHECK_FALSE(move_aside(path, *damaged));
  CHECK(store->add(delta_of("a", 1), kNow_ms) == Store::Added::Yes);
  CHECK_FALSE(store->is_replaced());
  CHECK(fs::file_size(path.native() + ".damaged") == 9000);
}

TEST_CASE("store: pages that are damaged later are noticed by the write that meets them") {
  const Scene scene;
  {
    auto store = store_at(scene);
    Delta delta;
    for (int i = 0; i < 190; ++i)
      delta.cells[{kMinute, "event" + std::to_string(i), "medium", "s", OutcomeLabel::Done}].count =
          1;
    CHECK(store->add(delta, kNow_ms) == Store::Added::Yes);
  }
  const auto path = statistics_path(scene.dir());
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(fs::file_size(path) - 4096, 'x');
  }
  CHECK(store_at(scene)->add(delta_of("a", 1), kNow_ms) == Store::Added::Damaged);
}

TEST_CASE("store: a file of a newer version is left as it is") {
  const Scene scene;
  { auto store = store_at(scene); }
  {
    auto database = action::Database::open(statistics_path(scene.dir()), 1s);
    REQUIRE((*database)->execute("PRAGMA user_version = 2"));
  }
  const auto opened = Store::open(statistics_path(scene.dir()), {});
  CHECK(!opened.store);
  CHECK(!opened.moved_aside);
  CHECK(opened.error.text.find("upgrade it") != std::string::npos);
}

TEST_CASE("store: it is private to its user and group") {
  const Scene scene;
  auto store = store_at(scene);
  struct stat status {};
  REQUIRE(::stat(statistics_path(scene.dir()).c_str(), &status) == 0);
  CHECK((status.st_mode & 0027) == 0);
}

TEST_CASE("store: who may not write beside the file reads it all the same, when nobody writes") {
  const Scene scene;
  REQUIRE(store_at(scene)->add(delta_of("a", 2), kNow_ms) == Store::Added::Yes);
  const auto weird = scene.dir() / "100%41 #1?";
  fs::create_directory(weird);
  fs::rename(statistics_path(scene.dir()), statistics_path(weird));
  fs::permissions(statistics_path(weird), fs::perms(0444));
  for (const auto& directory : {weird, scene.dir()}) fs::permissions(directory, fs::perms(0555));
  const auto me = ::geteuid();
  if (me == 0) REQUIRE(::seteuid(65534) == 0);
  auto database = action::Database::open_to_read(statistics_path(weird), 1s);
  const auto counts = [&] {
    action::Statement statement(**database, "SELECT count FROM counts WHERE step_s = 0");
    return statement.with().step() ? statement.number(0) : -1;
  };
  const auto found = database ? counts() : -1;
  if (me == 0) REQUIRE(::seteuid(me) == 0);
  for (const auto& directory : {weird, scene.dir()}) fs::permissions(directory, fs::perms(0755));
  CHECK(found == 2);
}
