#include "poller/plugin_sets/plugin_set.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "../log_scene.hpp"
#include "base/files.hpp"
#include "poller/plugin_sets/set_record.hpp"

using namespace actiond;
namespace fs = std::filesystem;

namespace {

struct SetScene : LogScene {
  Config config;
  SetScene() {
    config.plugins = directory / "plugins.d";
    config.run_dir = directory / "run";
    fs::create_directories(config.plugins);
    fs::create_directories(config.run_dir);
  }
  void write(const std::string& file, const std::string& content) {
    std::ofstream(config.plugins / file) << content;
  }
  fs::path snapshot(const std::string& hash) const { return config.run_dir / "snapshots" / hash; }
};

// With one plugin, which is loaded.
struct LoadedScene : SetScene {
  PluginSet set{config, log};
  std::string hash;
  LoadedScene() {
    write("mail.so", "code");
    REQUIRE(set.load("").ok());
    hash = set.hash();
  }
  fs::path copy() const { return snapshot(hash) / "mail.so"; }
};

}  // namespace

TEST_CASE("plugin set: runners load a copy, people see their own files") {
  LoadedScene scene;
  const auto file = scene.copy();
  const auto setup = setup_from(scene.set.setup());
  REQUIRE(setup);
  CHECK(setup->files == std::vector<std::string>{file});
  PluginInfo info;
  info.file = file;
  scene.set.loaded(LoadReport{{info}});
  CHECK(scene.set.report().plugins.at(0).file == scene.config.plugins / "mail.so");
  CHECK(scene.set.report().plugins.at(0).hash.size() == 12);
}

TEST_CASE("plugin set: it stays on disk while somebody holds it, and goes with the last") {
  SetScene scene;
  scene.write("mail.so", "code");
  std::optional<PluginSet> set(std::in_place, scene.config, scene.log);
  REQUIRE(set->load("").ok());
  const std::string hash = set->hash();
  auto held = set->hold();
  SUBCASE("held") {
    set.reset();
    CHECK(fs::exists(scene.snapshot(hash)));
  }
  SUBCASE("not any more") {
    held.reset();
    set.reset();
    CHECK_FALSE(fs::exists(scene.snapshot(hash)));
  }
}

TEST_CASE("plugin set: one that is gone, or a directory that isn't there, is a sentence") {
  SetScene scene;
  PluginSet set(scene.config, scene.log);
  CHECK_FALSE(set.load("0123456789ab").ok());
  fs::remove(scene.config.plugins);
  CHECK_FALSE(set.load("").ok());
  CHECK(set.hash().empty());
}

TEST_CASE("plugin set: no plugins at all is worth a warning") {
  SetScene scene;
  PluginSet set(scene.config, scene.log);
  REQUIRE(set.load("").ok());
  CHECK(scene.times_logged("WARNING no plugins in") == 1);
}

TEST_CASE("plugin set: a copy that somebody has tidied away, or touched, is made anew") {
  LoadedScene scene;
  const auto copy = scene.copy();
  REQUIRE(scene.set.restore(1).ok());
  CHECK(scene.times_logged("copying them anew") == 0);
  SUBCASE("all snapshots") {
    fs::remove_all(scene.config.run_dir / "snapshots");
  }
  SUBCASE("a file of it") {
    fs::remove(copy);
  }
  SUBCASE("its content") {
    fs::permissions(copy, fs::perms::owner_all);
    std::ofstream(copy) << "rubbish";
  }
  REQUIRE(scene.set.restore(1).ok());
  CHECK(scene.times_logged("is not whole any more: copying them anew") == 1);
  std::string content;
  std::ifstream(copy) >> content;
  CHECK(content == "code");
  REQUIRE(scene.set.restore(1).ok());
  CHECK(scene.times_logged("copying them anew") == 1);
}

TEST_CASE("plugin set: what a handler writes beside its plugin is no part of the copy") {
  LoadedScene scene;
  const auto directory = scene.copy().parent_path();
  const std::string set = scene.set.hash();
  fs::create_directories(directory / "__pycache__");
  for (const char* name : {"mail.cache", "__pycache__/mail.pyc"}) {
    std::ofstream(directory / name) << "kept";
    fs::permissions(directory / name, fs::perms(0644));
  }
  REQUIRE(scene.set.restore(1).ok());
  CHECK(scene.times_logged("copying them anew") == 0);
  CHECK(Snapshots(scene.config.run_dir).open(set).ok());  // it is a way back
  std::ofstream(directory / "added.so") << "which would be loaded";
  CHECK_FALSE(Snapshots(scene.config.run_dir).open(set).ok());
}

TEST_CASE("plugin set: a copy that only looks different goes on, whatever the directory holds") {
  LoadedScene scene;
  fs::permissions(scene.copy(), fs::perms::owner_read);
  SUBCASE("others") {
    scene.write("mail.so", "other code");
  }
  SUBCASE("others, on hold") {
    scene.write("mail.so", "other code");
    scene.write(".hold", "");
  }
  SUBCASE("none") {
    fs::remove(scene.config.plugins / "mail.so");
  }
  REQUIRE(scene.set.restore(1).ok());
  CHECK(scene.set.hash() == scene.hash);
  CHECK(scene.times_logged("WARNING") == 0);
}

TEST_CASE("plugin set: nothing, or what was gone back from, takes no copy's place") {
  LoadedScene scene;
  scene.write("mail.so", "bad code");
  {
    PluginSet other(scene.config, scene.log);
    REQUIRE(other.load("").ok());
    SetRecord record;
    record.rejected = other.hash();
    REQUIRE(write_set_record(scene.config.run_dir, 1, record).ok());
  }
  fs::remove_all(scene.config.run_dir / "snapshots");
  std::string why = "which was gone back from";
  SUBCASE("gone back from") {}
  SUBCASE("nothing") {
    fs::remove(scene.config.plugins / "mail.so");
    why = "has no plugin any more";
  }
  const auto restored = scene.set.restore(1);
  REQUIRE_FALSE(restored.ok());
  CHECK(restored.error().text.find(why) != std::string::npos);
  CHECK(scene.set.hash() == scene.hash);
  scene.write("mail.so", "good code");
  REQUIRE(scene.set.restore(1).ok());
  CHECK(scene.set.hash() != scene.hash);
}

TEST_CASE("plugin set: a directory on hold is not copied") {
  SetScene scene;
  scene.write("mail.so", "code");
  scene.write(".hold", "");
  PluginSet set(scene.config, scene.log);
  const auto refused = set.load("");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text.starts_with((scene.config.plugins / ".hold").native() +
                                         " holds new plugins back: "));
  fs::remove(scene.config.plugins / ".hold");
  REQUIRE(set.load("").ok());
  CHECK_FALSE(set.is_empty());
  CHECK(set.has_plugins(set.hash()));
  CHECK_FALSE(set.has_plugins("0123456789ab"));
  CHECK_FALSE(set.has_plugins(""));
}

TEST_CASE("plugin set: the loop does not wait for who is at work in the snapshots") {
  LoadedScene scene;
  std::optional<UniqueFd> others(open_lock(scene.config.run_dir / "snapshots" / ".lock"));
  REQUIRE(try_to_lock(*others));
  REQUIRE(scene.set.restore(1).ok());  // nothing is to be done
  fs::permissions(scene.copy(), fs::perms::owner_all);
  const auto refused = scene.set.restore(1);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text.find(".lock is locked by another process") != std::string::npos);
  CHECK(scene.times_logged("copying them anew") == 0);
  others.reset();
  CHECK(scene.set.restore(1).ok());
}
