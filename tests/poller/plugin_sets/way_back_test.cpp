// The reloader: whether new plugins are to blame, and the way back from them.
#include <doctest/doctest.h>

#include "poller/plugin_sets/plugin_tree.hpp"
#include "reload_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("reloader: crashes of what a new set never ran are the set's, and too many end it") {
  ReloadScene scene;
  scene.work(kOld);
  CHECK(scene.run("mail", Ending::Crashed));
  CHECK(scene.run("mail", Ending::Crashed));
  CHECK_FALSE(scene.reloader->is_going_back());
  CHECK(scene.run("mail", Ending::Crashed));
  CHECK(scene.reloader->is_going_back());
  CHECK(scene.happened == "going back ");
  CHECK(scene.record().rejected == scene.plugins->hash());
  CHECK(scene.times_logged("crashed 3 runners within 1m of its takeover") == 1);
  scene.clock.advance(0ms);
  CHECK(scene.started == std::vector{kStartOld});
  CHECK(scene.run("mail", Ending::Crashed));  // of another runner
  CHECK(scene.started.size() == 1);
}

TEST_CASE("reloader: a probation ends, and what ran to its end is to blame for itself") {
  ReloadScene scene;
  scene.work(kOld);
  SUBCASE("a minute is over") {
    scene.clock.advance(1min);
  }
  SUBCASE("it ran") {
    CHECK_FALSE(scene.run("mail", Ending::Failed));
  }
  for (int i = 0; i < 5; ++i) CHECK_FALSE(scene.run("mail", Ending::Crashed));
  CHECK_FALSE(scene.reloader->is_going_back());
}

TEST_CASE("reloader: no probation without a set to compare with, or when that crashed as well") {
  ReloadScene scene;
  SUBCASE("the first set of all") {
    scene.work();
  }
  SUBCASE("the same set") {
    scene.work(scene.plugins->hash());
  }
  SUBCASE("the one before it crashed just now") {
    Snapshots(scene.config.run_dir).note_crash(kOld);
    scene.work(kOld);
  }
  SUBCASE("nobody wants one") {
    scene.config.rollback.crashes.reset();
    scene.work(kOld);
  }
  for (int i = 0; i < 5; ++i) CHECK_FALSE(scene.run("mail", Ending::Crashed));
  CHECK_FALSE(scene.reloader->is_going_back());
}

TEST_CASE("reloader: three ways back are tried, and then the plugins go on") {
  ReloadScene scene;
  scene.work(kOld);
  REQUIRE(scene.reloader->go_back("rolled back by hand").ok());
  scene.clock.advance(0ms);
  for (std::size_t tries = 1; tries <= 3; ++tries) {
    CHECK(scene.started.size() == tries);
    CHECK(scene.reloader->is_going_back());
    scene.refuse();
    scene.clock.advance(999ms);
    CHECK(scene.started.size() == tries);
    scene.clock.advance(1ms);
  }
  CHECK_FALSE(scene.reloader->is_going_back());
  scene.clock.advance(1h);
  CHECK(scene.started == std::vector{kStartOld, kStartOld, kStartOld});
  CHECK_FALSE(scene.run("mail", Ending::Crashed));  // nothing left to go back to
}

TEST_CASE("reloader: a change that comes on the way back is taken up once that has failed") {
  ReloadScene scene;
  scene.work(kOld);
  REQUIRE(scene.reloader->go_back("rolled back by hand").ok());
  scene.clock.advance(0ms);
  scene.change();
  for (int i = 0; i < 3; ++i) {
    scene.refuse();
    scene.clock.advance(1s);
  }
  CHECK_FALSE(scene.reloader->is_going_back());
  CHECK(scene.started == std::vector{kStartOld, kStartOld, kStartOld, kStart});
}

TEST_CASE("reloader: an outage on the way back is no failed try") {
  ReloadScene scene;
  scene.work(kOld);
  REQUIRE(scene.reloader->go_back("rolled back by hand").ok());
  for (std::size_t i = 1; i <= 5; ++i) {
    scene.clock.advance(0ms);
    CHECK(scene.started.size() == i);
    scene.reloader->pause();
    scene.refuse();
    scene.clock.advance(1h);
    CHECK(scene.started.size() == i);
    CHECK(scene.reloader->is_going_back());
    scene.reloader->resume();
  }
}

TEST_CASE("reloader: there is no way back without a set to go back to, or in the foreground") {
  {
    ReloadScene scene;
    scene.work();
    const auto gone = scene.reloader->go_back("rolled back by hand");
    REQUIRE_FALSE(gone.ok());
    CHECK(gone.error().text.find("there is none to go back to") != std::string::npos);
  }
  ReloadScene scene(false);
  scene.work(kOld);
  const auto gone = scene.reloader->go_back("rolled back by hand");
  REQUIRE_FALSE(gone.ok());
  CHECK(gone.error().text.find("in the foreground") != std::string::npos);
  CHECK_FALSE(scene.reloader->is_going_back());
}

TEST_CASE("reloader: who has come back runs what it was told, until the plugins change") {
  ReloadScene scene(true, kOld);
  const std::string rejected = *tree_hash(scene.config.plugins, scene.config.run_dir);
  const SetRecord record{rejected, kOld, rejected, "it crashed: gone back"};
  REQUIRE(write_set_record(scene.config.run_dir, 1, record).ok());
  scene.config.reload = Reload::Auto;
  scene.reloader->watch(scene.io);
  SUBCASE("the same plugins: a changed configuration brings nothing back") {
    scene.work();
    CHECK(scene.reloader->problem() == "it crashed: gone back");
    scene.clock.advance(1h);
    CHECK(scene.started.empty());
    scene.change();
    scene.clock.advance(kReloadSpread);
    CHECK(scene.started == std::vector{kStart + " --snapshot " + scene.plugins->hash()});
  }
  SUBCASE("newer ones are already there") {
    scene.write("mail", "three");
    scene.work();
    scene.clock.advance(kReloadSpread);
    CHECK(scene.started == std::vector{kStart});
  }
  scene.reloader->stop();
}
