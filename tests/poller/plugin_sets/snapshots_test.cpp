#include "poller/plugin_sets/snapshots.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <thread>

#include "base/files.hpp"
#include "poller/plugin_sets/plugin_tree.hpp"
#include "snapshot_scene.hpp"

using namespace actiond;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// While it lives no file can become longer than that: writing fails as it does on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t most_bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{most_bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

Snapshots::Keep keeping(const std::set<std::string>& sets) {
  return [sets] { return sets; };
}

}  // namespace

TEST_CASE(
    "snapshots: a copy of files and subdirectories, links followed, temporary files left out") {
  const SnapshotScene here;
  here.write("mail.so", "mail");
  here.write("lib/helper.so", "helper");
  here.write(".mail.so.1234", "half a");
  fs::create_symlink("mail.so", here.source() / "alias.so");
  const auto snapshot = Snapshots(here.run_dir()).make(here.source(), keeping({}));
  REQUIRE(snapshot);
  CHECK(snapshot->directory == here.run_dir() / "snapshots" / snapshot->hash);
  CHECK(text_of(snapshot->directory / "mail.so") == "mail");
  CHECK(text_of(snapshot->directory / "alias.so") == "mail");
  CHECK_FALSE(fs::is_symlink(snapshot->directory / "alias.so"));
  CHECK(text_of(snapshot->directory / "lib/helper.so") == "helper");
  CHECK_FALSE(fs::exists(snapshot->directory / ".mail.so.1234"));
  CHECK((fs::status(snapshot->directory / "mail.so").permissions() & fs::perms::owner_write) ==
        fs::perms::none);
}

TEST_CASE("snapshots: the same content is one snapshot, other content another") {
  const SnapshotScene here;
  here.write("mail.so", "one");
  Snapshots snapshots(here.run_dir());
  const auto first = snapshots.make(here.source(), keeping({}));
  const auto again = Snapshots(here.run_dir()).make(here.source(), keeping({}));
  here.write("mail.so", "two");
  const auto second = snapshots.make(here.source(), keeping({}));
  REQUIRE((first && again && second));
  CHECK(first->hash == again->hash);
  CHECK(first->hash != second->hash);
  CHECK(text_of(first->directory / "mail.so") == "one");
  CHECK(here.snapshots() == std::set{first->hash, second->hash});
}

TEST_CASE("snapshots: what nobody uses or keeps is removed, with what a dead process left") {
  const SnapshotScene here;
  here.write("mail.so", "one");
  Snapshots snapshots(here.run_dir());
  std::string kept, used;
  {
    const auto dropped = snapshots.make(here.source(), keeping({}));
    REQUIRE(dropped);
    snapshots.note_crash(dropped->hash);
    here.write("mail.so", "two");
    const auto keep = snapshots.make(here.source(), keeping({}));
    REQUIRE(keep);
    kept = keep->hash;
    snapshots.note_crash(kept);
  }
  fs::create_directory(here.run_dir() / "snapshots/.copy.1");
  here.write("mail.so", "three");
  const auto in_use = snapshots.make(here.source(), keeping({kept}));
  REQUIRE(in_use);
  CHECK(here.snapshots() == std::set{in_use->hash, kept, kept + ".crashed"});
  snapshots.collect(keeping({}));
  CHECK(here.snapshots() == std::set{in_use->hash});
}

TEST_CASE("snapshots: a damaged one is made anew") {
  const SnapshotScene here;
  here.write("mail.so", "whole");
  Snapshots snapshots(here.run_dir());
  fs::path file;
  {
    const auto snapshot = snapshots.make(here.source(), keeping({}));
    REQUIRE(snapshot);
    file = snapshot->directory / "mail.so";
  }
  fs::permissions(file, fs::perms::owner_all);
  std::ofstream(file) << "";
  const auto again = snapshots.make(here.source(), keeping({}));
  REQUIRE(again);
  CHECK(text_of(again->directory / "mail.so") == "whole");
}

TEST_CASE("snapshots: a full disk is a sentence, and leaves nothing behind") {
  const SnapshotScene here;
  here.write("mail.so", std::string(5000, 'x'));
  Snapshots snapshots(here.run_dir());
  {
    const FullDisk full(1000);
    const auto snapshot = snapshots.make(here.source(), keeping({}));
    REQUIRE_FALSE(snapshot);
    CHECK(snapshot.error().text.find("can't copy") != std::string::npos);
    CHECK(snapshot.error().text.find("mail.so") != std::string::npos);
  }
  CHECK(here.snapshots().empty());
  CHECK(snapshots.make(here.source(), keeping({})));
}

TEST_CASE("snapshots: a damaged one stays for those who use it until there is a whole one") {
  const SnapshotScene here;
  here.write("mail.so", std::string(5000, 'x'));
  Snapshots snapshots(here.run_dir());
  const auto in_use = snapshots.make(here.source(), keeping({}));
  REQUIRE(in_use);
  std::ofstream(in_use->directory / "added.so") << "x";
  fs::permissions(in_use->directory / "added.so", fs::perms::owner_all);
  {
    const FullDisk full(1000);
    CHECK_FALSE(snapshots.make(here.source(), keeping({})));
  }
  CHECK(fs::exists(in_use->directory / "mail.so"));
  CHECK(snapshots.make(here.source(), keeping({})));
  CHECK(fs::exists(in_use->directory / "mail.so"));
  CHECK_FALSE(fs::exists(in_use->directory / "added.so"));
}

TEST_CASE(
    "snapshots: what is to be kept is asked while nobody else can begin to use or remove one") {
  const SnapshotScene here;
  here.write("mail.so", "one");
  bool is_locked = false;
  const auto snapshot = Snapshots(here.run_dir()).make(here.source(), [&] {
    const UniqueFd lock(::open((here.run_dir() / "snapshots/.lock").c_str(), O_RDWR | O_CLOEXEC));
    is_locked = ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0;
    return std::set<std::string>{};
  });
  CHECK(snapshot);
  CHECK(is_locked);
}

TEST_CASE("snapshots: many that take and remove at the same time lose none that is in use") {
  const SnapshotScene here;
  const int takers = 4, rounds = 60;
  for (int content = 0; content < 3; ++content)
    here.write("content." + std::to_string(content) + "/mail.so", std::to_string(content));
  std::atomic<int> held = 0;
  const auto take_often = [&](int taker) {
    Snapshots snapshots(here.run_dir());
    for (int round = 0; round < rounds; ++round) {
      const auto text = std::to_string((taker + round) % 3);
      const auto taken = snapshots.make(here.source() / ("content." + text), keeping({}));
      if (taken && text_of(taken->directory / "mail.so") == text) ++held;
    }
  };
  std::vector<std::thread> threads;
  for (int taker = 0; taker < takers; ++taker) threads.emplace_back(take_often, taker);
  for (auto& thread : threads) thread.join();
  CHECK(held == takers * rounds);
  Snapshots(here.run_dir()).collect(keeping({}));
  CHECK(here.snapshots().empty());
}

TEST_CASE("snapshots: an earlier one is opened by its hash while it is there") {
  const SnapshotScene here;
  here.write("mail.so", "one");
  Snapshots snapshots(here.run_dir());
  std::string hash;
  {
    const auto snapshot = snapshots.make(here.source(), keeping({}));
    REQUIRE(snapshot);
    hash = snapshot->hash;
    CHECK(snapshots.open(hash));
  }
  snapshots.collect(keeping({}));
  const auto gone = snapshots.open(hash);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().text.find("deploy it again") != std::string::npos);
  CHECK_FALSE(snapshots.open("../etc"));
}

TEST_CASE("snapshots: a missing directory, and a link that leads back, are sentences") {
  const SnapshotScene here;
  Snapshots snapshots(here.run_dir());
  const auto missing = snapshots.make(here.root / "nowhere", keeping({}));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().text.find("can't be read") != std::string::npos);
  fs::create_directory_symlink(".", here.source() / "loop");
  const auto loop = snapshots.make(here.source(), keeping({}));
  REQUIRE_FALSE(loop);
  CHECK(loop.error().text.find("lead back") != std::string::npos);
}

TEST_CASE("snapshots: a plugin that is a link to nothing is a sentence") {
  const SnapshotScene here;
  here.write("mail.so", "mail");
  fs::create_symlink("removed/greet.so", here.source() / "greet.so");
  const auto snapshot = Snapshots(here.run_dir()).make(here.source(), keeping({}));
  REQUIRE_FALSE(snapshot);
  CHECK(snapshot.error().text.find("greet.so is a link that leads nowhere") != std::string::npos);
}

TEST_CASE("snapshots: a run_dir within the plugin directory is no part of it") {
  const SnapshotScene here;
  here.write("mail.so", "one");
  fs::create_directory(here.source() / "run");
  Snapshots snapshots(here.source() / "run");
  const auto first = snapshots.make(here.source(), keeping({}));
  REQUIRE(first);
  const auto look = tree_look(here.source(), here.source() / "run");
  here.write("run/poller.1.log", "a line");
  const auto again = snapshots.make(here.source(), keeping({}));
  REQUIRE(again);
  CHECK(again->hash == first->hash);
  CHECK_FALSE(fs::exists(again->directory / "run"));
  CHECK(tree_look(here.source(), here.source() / "run") == look);
}

TEST_CASE("snapshots: when a set crashed is remembered") {
  const SnapshotScene here;
  here.write("mail.so", "one");
  Snapshots snapshots(here.run_dir());
  const auto snapshot = snapshots.make(here.source(), keeping({}));
  REQUIRE(snapshot);
  CHECK(snapshots.crashed_at_ms(snapshot->hash) == 0);
  snapshots.note_crash(snapshot->hash);
  CHECK(snapshots.crashed_at_ms(snapshot->hash) > 1'600'000'000'000);
}

TEST_CASE("snapshots: who waits for others waits no longer than it wants to") {
  const SnapshotScene scene;
  scene.write("mail.so", "code");
  Snapshots snapshots(scene.run_dir());
  const auto keep = [] { return std::set<std::string>(); };
  const auto made = snapshots.make(scene.source(), keep);
  REQUIRE(made.ok());
  const UniqueFd others = open_lock(scene.run_dir() / "snapshots" / ".lock");
  REQUIRE(try_to_lock(others));
  const auto now = std::chrono::milliseconds(0);
  for (const auto& refused :
       {snapshots.make(scene.source(), keep, now), snapshots.open(made->hash, now)}) {
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().fault == Fault::NotNow);
    CHECK(refused.error().text.find(".lock is locked by another process") != std::string::npos);
  }
}
