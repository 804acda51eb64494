#include "poller/plugin_sets/reloader.hpp"

#include <doctest/doctest.h>

#include "reload_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("reloader: a change starts a successor, a moment later than it does in others") {
  ReloadScene scene;
  scene.work();
  scene.change();
  scene.clock.advance(kReloadSpread - 1ms);
  CHECK(scene.started.empty());
  scene.clock.advance(1ms);
  CHECK(scene.started == std::vector{kStart});
  CHECK(scene.reloader->is_underway());
  CHECK_FALSE(is_turn_free(scene));
  scene.on_end({});
  CHECK(scene.happened == "succeeded ");
  CHECK(is_turn_free(scene));
}

TEST_CASE("reloader: a turn that another has is waited for") {
  ReloadScene scene;
  scene.work();
  {
    OthersTurn others(scene);
    scene.change();
    scene.clock.advance(10s);
    CHECK(scene.started.empty());
    CHECK_FALSE(scene.reloader->is_underway());
  }
  scene.clock.advance(50ms);
  CHECK(scene.started == std::vector{kStart});
}

TEST_CASE("reloader: a change while a successor starts gives it up for another") {
  ReloadScene scene;
  scene.work();
  scene.change();
  scene.clock.advance(kReloadSpread);
  scene.change();
  CHECK(scene.attempt.expired());
  CHECK(is_turn_free(scene));
  scene.clock.advance(kReloadSpread);
  CHECK(scene.started.size() == 2);
}

TEST_CASE("reloader: a refused change is told with its reason, and not tried again by itself") {
  ReloadScene scene;
  scene.work();
  scene.change();
  scene.clock.advance(kReloadSpread);
  scene.refuse();
  CHECK(scene.reloader->problem() == "the change was refused, the plugin set " +
                                         scene.plugins->hash() + " goes on: plugin mail.so: no");
  CHECK(scene.times_logged("ERROR the change was refused") == 1);
  CHECK_FALSE(scene.reloader->is_underway());
  scene.clock.advance(1h);
  CHECK(scene.started.size() == 1);
  scene.change();  // another one
  CHECK(scene.reloader->problem().empty());
  scene.clock.advance(kReloadSpread);
  CHECK(scene.started.size() == 2);
}

TEST_CASE("reloader: what was refused is tried again after an outage, which may have been why") {
  ReloadScene scene;
  scene.work();
  scene.change();
  scene.clock.advance(kReloadSpread);
  scene.refuse();
  scene.reloader->pause();
  scene.clock.advance(1h);
  CHECK(scene.started.size() == 1);
  scene.reloader->resume();
  scene.clock.advance(kReloadSpread);
  CHECK(scene.started.size() == 2);
  scene.reloader->pause();  // once it has started it needs no further word
  scene.reloader->resume();
  scene.clock.advance(1h);
  CHECK(scene.started.size() == 2);
}

TEST_CASE("reloader: no successor is started while the broker is away") {
  ReloadScene scene;
  scene.work();
  scene.change();
  scene.reloader->pause();
  scene.clock.advance(1h);
  CHECK(scene.started.empty());
  scene.reloader->resume();
  scene.clock.advance(kReloadSpread);
  CHECK(scene.started.size() == 1);
}

TEST_CASE("reloader: who leaves gives up what is under way, and the turn") {
  ReloadScene scene;
  scene.work();
  scene.change();
  SUBCASE("while it waits") {}
  SUBCASE("while it starts") {
    scene.clock.advance(kReloadSpread);
  }
  scene.reloader->stop();
  CHECK(scene.attempt.expired());
  CHECK(is_turn_free(scene));
  const auto before = scene.started.size();
  scene.clock.advance(1h);
  CHECK(scene.started.size() == before);
  CHECK_FALSE(scene.reloader->is_underway());
}

TEST_CASE("reloader: sources that never rest are told of") {
  ReloadScene scene;
  scene.work();
  scene.reloader->sources_restless(31s);
  CHECK(scene.reloader->problem().find("has been changing for 31 s") != std::string::npos);
  CHECK(scene.times_logged("WARNING the plugin directory") == 1);
}

TEST_CASE("reloader: in the foreground the runners are replaced, by what a trial has loaded") {
  ReloadScene scene(false);
  scene.work();
  const std::string before = scene.plugins->hash();
  scene.write("mail", "two");
  scene.change();
  CHECK(scene.trials == 1);
  auto snapshot = Snapshots(scene.config.run_dir).make(scene.config.plugins, [] {
    return std::set<std::string>();
  });
  REQUIRE(snapshot.ok());
  SUBCASE("loaded") {
    PluginInfo plugin;
    plugin.file = snapshot->directory / "mail.so";
    scene.on_renewed(Renewed{*snapshot, LoadReport{{plugin}}});
    CHECK(scene.happened == "renewed ");
    CHECK(scene.plugins->hash() != before);
    CHECK(scene.plugins->report().plugins.at(0).file == scene.config.plugins / "mail.so");
    CHECK(scene.times_logged("runners take up the set " + scene.plugins->hash()) == 1);
  }
  SUBCASE("refused") {
    scene.on_renewed(Error{"plugin mail.so\nis none"});
    CHECK(scene.happened.empty());
    CHECK(scene.plugins->hash() == before);
    CHECK(scene.reloader->problem().ends_with("goes on: plugin mail.so; is none"));
    scene.reloader->pause();
    scene.reloader->resume();  // which has nothing to do with the broker
    CHECK(scene.trials == 1);
  }
  CHECK_FALSE(scene.reloader->is_underway());
}

TEST_CASE("reloader: a takeover by another plugin set is marked, one by the same is not") {
  ReloadScene scene;
  scene.work(kOld);
  REQUIRE(scene.marks.size() == 1);
  CHECK(scene.marks[0].kind == MarkKind::Swap);
  CHECK(scene.marks[0].set_before == kOld);
  CHECK(scene.marks[0].set_after == scene.plugins->hash());
  scene.reloader->took_over();
  CHECK(scene.marks.size() == 1);
}

TEST_CASE("reloader: a refused change is marked with its reason") {
  ReloadScene scene;
  scene.work();
  scene.change();
  scene.clock.advance(kReloadSpread);
  scene.refuse();
  REQUIRE(scene.marks.size() == 1);
  CHECK(scene.marks[0].kind == MarkKind::Refusal);
  CHECK(scene.marks[0].set_after == scene.plugins->hash());
  CHECK(scene.marks[0].text == "plugin mail.so: no");
}

TEST_CASE("reloader: who was put back after others were rejected marks the way back") {
  ReloadScene scene(true, "");
  REQUIRE(write_set_record(scene.config.run_dir, 1,
                           {"fedcba987654", scene.plugins->hash(), "fedcba987654", "it crashed"})
              .ok());
  ReloadOptions options{1, {"start", "--id", "1"}, scene.plugins->hash()};
  Reloader back(scene.clock, scene.config, scene.log, *scene.plugins, options, scene.events(),
                scene.tools());
  back.took_over();
  REQUIRE(scene.marks.size() == 1);
  CHECK(scene.marks[0].kind == MarkKind::Rollback);
  CHECK(scene.marks[0].set_before == "fedcba987654");
  CHECK(scene.marks[0].text == "it crashed");
}

TEST_CASE("reloader: in the foreground a changed configuration waits for the next run") {
  ReloadScene scene(false);
  scene.work();
  scene.change();
  auto same = Snapshots(scene.config.run_dir).open(scene.plugins->hash());
  REQUIRE(same.ok());
  scene.on_renewed(Renewed{*same, {}});
  CHECK(scene.happened.empty());
  CHECK(scene.times_logged(
            "plugins unchanged; restart `actiond run` to use the new configuration") == 1);
}

TEST_CASE("reloader: a directory that was emptied is refused, what runs goes on") {
  ReloadScene scene;
  scene.work();
  std::filesystem::remove(scene.config.plugins / "mail.so");
  scene.change();
  scene.clock.advance(10s);
  CHECK(scene.started.empty());
  CHECK(scene.reloader->problem().find("has no plugin any more: put them back") !=
        std::string::npos);
  scene.write("mail", "two");
  scene.change();
  scene.clock.advance(kReloadSpread);
  CHECK(scene.started.size() == 1);
  CHECK(scene.reloader->problem().empty());
}

TEST_CASE("reloader: a configuration that was emptied is refused, but not one that always was") {
  ReloadScene scene;
  scene.config.file = scene.directory / "actiond.yaml";
  bool was_empty = false;
  SUBCASE("it was not") {}
  SUBCASE("it was") {
    was_empty = true;
  }
  std::ofstream(scene.config.file) << (was_empty ? "" : "concurrency: 2");
  scene.begin();
  scene.work();
  std::ofstream(scene.config.file) << "";
  scene.change();
  scene.clock.advance(10s);
  CHECK(scene.started.size() == (was_empty ? 1U : 0U));
  CHECK((scene.reloader->problem().find("is empty now") != std::string::npos) != was_empty);
}

TEST_CASE("reloader: a run_dir that has moved brings a successor, and another try if that fails") {
  ReloadScene scene;
  scene.work();
  const std::string gone = "run_dir /run/x is gone";
  scene.reloader->run_dir_moved(gone);
  CHECK_FALSE(scene.reloader->has_refused(gone));
  scene.clock.advance(0s);
  REQUIRE(scene.started.size() == 1);
  CHECK(scene.times_logged(gone + ": starting a successor") == 1);
  scene.reloader->run_dir_moved(gone);  // it starts
  scene.clock.advance(0s);
  CHECK(scene.started.size() == 1);
  scene.refuse();
  CHECK(scene.reloader->has_refused(gone));
  CHECK_FALSE(scene.reloader->has_refused("run_dir /run/x is another directory now"));
  scene.reloader->run_dir_moved(gone);
  scene.clock.advance(0s);
  CHECK(scene.started.size() == 2);
  scene.on_end({});
  CHECK(scene.happened == "succeeded ");
}
