#include "poller/plugin_sets/plugin_set.hpp"

#include <doctest/doctest.h>

#include <optional>

#include "../log_scene.hpp"

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

}  // namespace

TEST_CASE("plugin set: runners load a copy, people see their own files") {
  SetScene scene;
  scene.write("mail.so", "code");
  PluginSet set(scene.config, scene.log);
  REQUIRE(set.load("").ok());
  const auto file = scene.snapshot(set.hash()) / "mail.so";
  const auto setup = setup_from(set.setup());
  REQUIRE(setup);
  CHECK(setup->files == std::vector<std::string>{file});
  PluginInfo info;
  info.file = file;
  set.loaded(LoadReport{{info}});
  CHECK(set.report().plugins.at(0).file == scene.config.plugins / "mail.so");
  CHECK(set.report().plugins.at(0).hash.size() == 12);
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
  SetScene scene;
  scene.write("mail.so", "code");
  PluginSet set(scene.config, scene.log);
  REQUIRE(set.load("").ok());
  const auto copy = scene.snapshot(set.hash()) / "mail.so";
  REQUIRE(set.restore().ok());
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
  REQUIRE(set.restore().ok());
  CHECK(scene.times_logged("is not whole any more: copying them anew") == 1);
  std::string content;
  std::ifstream(copy) >> content;
  CHECK(content == "code");
  REQUIRE(set.restore().ok());
  CHECK(scene.times_logged("copying them anew") == 1);
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
