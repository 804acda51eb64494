#include "poller/plugin_sets/source_watch.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "base/clock.hpp"

using namespace actiond;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// A loop, a configuration, and what was told.
class WatchScene {
 public:
  WatchScene() {
    std::string path = fs::temp_directory_path() / "action-sources.XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    root = path;
    for (const char* release : {"one", "two"}) {
      fs::create_directories(root / release / "plugins.d");
      std::ofstream(root / release / "plugins.d/mail.so") << release;
    }
    fs::create_directory_symlink("one", root / "current");
    config.plugins = root / "current/plugins.d";
    config.run_dir = root / "run";
  }
  ~WatchScene() { fs::remove_all(root); }

  SourceEvents events() {
    return {[this] { ++changes; }, [this](std::chrono::seconds) { ++unrests; },
            [this](const std::string& sentence) { held.push_back(sentence); }};
  }
  // Runs the loop until it is true; false if it is not after that time.
  bool runs_until(const std::function<bool()>& is_true, std::chrono::milliseconds limit = 10s) {
    const auto end = monotonic_now() + limit;
    while (!is_true() && monotonic_now() < end) {
      io.restart();
      io.run_for(20ms);
    }
    return is_true();
  }

  fs::path root;
  Config config;
  boost::asio::io_context io;
  int changes = 0;
  int unrests = 0;
  std::vector<std::string> held;
};

// Ten times as fast as in a poller.
constexpr WatchTimes kSoon{30ms, 50ms, 100ms, 10ms, 100ms};

}  // namespace

TEST_CASE("source watch: a link that is switched where no hint comes from is seen") {
  WatchScene scene;
  SourceWatch watch(scene.io, scene.config, scene.events(), nullptr, kSoon);
  watch.start();
  fs::create_directory_symlink("two", scene.root / "next");
  fs::rename(scene.root / "next", scene.root / "current");
  CHECK(scene.runs_until([&] { return scene.changes == 1; }));
}

TEST_CASE("source watch: what is held back for long is told, and its end") {
  WatchScene scene;
  const auto hold = scene.config.plugins / ".hold";
  std::string whose;
  SUBCASE("by hand") {
    std::ofstream(hold) << "";
    whose = "remove it when all of them are there";
  }
  SUBCASE("by a deploy that has ended") {
    std::ofstream(hold) << "actiond deploy\n";
    whose = "ended in the middle";
  }
  SourceWatch watch(scene.io, scene.config, scene.events(), nullptr, kSoon);
  watch.start();
  CHECK(scene.runs_until([&] { return scene.held.size() == 1; }));
  CHECK(scene.held.back().find(whose) != std::string::npos);
  fs::remove(hold);
  CHECK(scene.runs_until([&] { return scene.held.size() == 2; }));
  CHECK(scene.held.back().empty());
  CHECK(scene.changes == 0);
}

TEST_CASE("source watch: a look that hangs holds nobody up, and tells nothing afterwards") {
  struct Gate {
    std::mutex mutex;
    std::condition_variable moved;
    bool is_open = true, is_waited_at = false, has_passed = false;
  };
  const auto gate = std::make_shared<Gate>();
  WatchScene scene;
  const auto look = [gate]() -> std::string {
    std::unique_lock lock(gate->mutex);
    if (gate->is_open) return "before";
    gate->is_waited_at = true;
    gate->moved.notify_all();
    gate->moved.wait(lock, [&] { return gate->is_open; });
    gate->has_passed = true;
    gate->moved.notify_all();
    return "after";
  };
  {
    SourceWatch watch(scene.io, scene.config, scene.events(), look, kSoon);
    std::unique_lock lock(gate->mutex);
    gate->is_open = false;
    watch.start();
    CHECK(gate->moved.wait_for(lock, 10s, [&] { return gate->is_waited_at; }));
  }
  std::unique_lock lock(gate->mutex);
  CHECK_FALSE(gate->has_passed);
  gate->is_open = true;
  gate->moved.notify_all();
  CHECK(gate->moved.wait_for(lock, 10s, [&] { return gate->has_passed; }));
  CHECK(scene.changes == 0);
}

TEST_CASE("source watch: a file that lies beside a source makes nobody look") {
  WatchScene scene;
  scene.config.file = scene.root / "current/actiond.yaml";
  std::ofstream(scene.config.file) << "before";
  std::atomic<int> looks = 0;
  constexpr WatchTimes kRarely{30ms, 50ms, 1h, 10ms, 100ms};
  SourceWatch watch(
      scene.io, scene.config, scene.events(),
      [&] {
        ++looks;
        std::ifstream file(scene.config.file);
        return std::string(std::istreambuf_iterator<char>(file), {});
      },
      kRarely);
  watch.start();
  const int before = looks;
  // Hints at others first: what comes after them comes after what they would have led to.
  for (int i = 0; i < 5; ++i) {
    std::ofstream(scene.root / "current/notes") << i;
    scene.runs_until([] { return false; }, 20ms);
  }
  CHECK(looks == before);
  CHECK(scene.changes == 0);
  fs::path source = scene.config.file;
  SUBCASE("the configuration") {}
  SUBCASE("a plugin") {
    source = scene.root / "current/plugins.d/new.so";
  }
  CHECK(scene.runs_until([&] {
    std::ofstream(source) << "after";
    return looks > before;
  }));
}

TEST_CASE("source watch: a directory that keeps changing is reported once") {
  WatchScene scene;
  std::atomic<int> looks = 0;
  SourceWatch watch(
      scene.io, scene.config, scene.events(), [&] { return std::to_string(++looks); }, kSoon);
  watch.start();
  CHECK(scene.runs_until([&] { return scene.unrests == 1; }));
  const int then = looks;
  CHECK(scene.runs_until([&] { return looks > then + 4; }));
  CHECK(scene.unrests == 1);
  CHECK(scene.changes == 0);
}

TEST_CASE("source watch: a directory on hold has not changed until it is let go, then once") {
  WatchScene scene;
  SourceWatch watch(scene.io, scene.config, scene.events(), nullptr, kSoon);
  watch.start();
  const auto hold = scene.config.plugins / ".hold";
  std::ofstream(hold) << "";
  for (const char* name : {"mail.so", "audit.so", "more.so"})
    std::ofstream(scene.config.plugins / name) << "new";
  CHECK(scene.runs_until([&] { return !scene.held.empty(); }));  // after a few looks
  CHECK(scene.changes == 0);
  fs::remove(hold);
  CHECK(scene.runs_until([&] { return scene.changes > 0; }));
  CHECK_FALSE(scene.runs_until([&] { return scene.changes > 1; }, 100ms));
}
