#include "poller/poller.hpp"

#include <doctest/doctest.h>

#include "base/files.hpp"
#include "listening_manager.hpp"
#include "poller/plugin_sets/set_record.hpp"
#include "poller_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Texts = PollerScene::Texts;

TEST_CASE("poller: it loads, connects, takes its id over, and works, in this order") {
  PollerScene scene;
  scene.config.concurrency = 2;
  scene.begin();
  scene.runners.all.front().load({"mail"});
  scene.settle();
  CHECK(scene.state() == "loading");
  CHECK(scene.told == Texts{"runner", "runner"});
  CHECK(scene.tries == 0);
  scene.refusal = "no broker";
  scene.load();
  scene.until([&] { return scene.times_logged("no broker") == 1; });
  CHECK(scene.state() == "waiting for the broker");
  CHECK(scene.told == Texts{"runner", "runner"});
  CHECK_FALSE(fs::exists(scene.pid_file()));
  scene.refusal.clear();
  scene.pass(5s);
  scene.until([&] { return scene.was_told("started"); });
  CHECK(scene.told == Texts{"runner", "runner", "takes over", "started"});
  CHECK(fs::exists(scene.pid_file()));
  CHECK(scene.state() == "idle");
  CHECK(scene.times_logged("poller here/1 is at work") == 1);
}

TEST_CASE("poller: an event runs on its runner, and is acknowledged when it has ended") {
  PollerScene scene;
  scene.work();
  scene.run();
  CHECK(scene.state() == "working");
  CHECK(scene.broker->take().empty());
  scene.runners.last().end();
  scene.settle();
  const Texts said = scene.broker->take();
  REQUIRE_FALSE(said.empty());
  CHECK(said.front() == "ack 0 1");
}

TEST_CASE("poller: no work is begun before a runner is ready") {
  PollerScene scene;
  scene.work();
  scene.runners.last().die();
  scene.settle();
  scene.pass(1ms);
  REQUIRE(scene.runners.all.size() == 2);
  scene.deliver();
  CHECK(scene.state() == "loading");
  CHECK(scene.runners.last().received().size() == 1);  // its setup
  scene.runners.last().load({"mail"});
  scene.settle();
  CHECK(scene.runners.last().received() == Texts{"run mail"});
}

TEST_CASE("poller: a broker that is lost and back is no second start") {
  PollerScene scene;
  scene.work();
  scene.broker->is_lost = true;
  scene.until([&] { return scene.state() == "waiting for the broker"; });
  scene.pass(1s);
  scene.until([&] { return scene.state() == "idle"; });
  scene.settle();
  CHECK(scene.broker->take().front() == "consume 0 16");
  CHECK(scene.told == Texts{"runner", "takes over", "started"});
  CHECK(scene.times_logged("is at work") == 1);
}

TEST_CASE("poller: a failure at the start ends it with its sentence, and leaves the id alone") {
  PollerScene scene;
  std::string why;
  SUBCASE("no plugin directory") {
    fs::remove_all(scene.config.plugins);
    scene.begin();
    why = scene.config.plugins.native();
  }
  SUBCASE("no process for a runner") {
    scene.runners.can_start = false;
    scene.begin();
    why = "no process can be made";
  }
  SUBCASE("a plugin that can't be loaded") {
    scene.begin();
    scene.runners.last().load({}, "plugin mail.so: no");
    why = "plugin mail.so: no";
  }
  SUBCASE("no broker where one is required") {
    scene.options.is_broker_required = true;
    scene.refusal = why = "no broker";
    scene.begin();
    scene.load();
  }
  SUBCASE("nobody waits for the takeover any more") {
    scene.takeover = Error{why = "nobody waits"};
    scene.begin();
    scene.load();
  }
  scene.until_gone();
  REQUIRE_FALSE(scene.told.empty());
  CHECK(scene.told.back().starts_with("not started: "));
  CHECK(scene.told.back().find(why) != std::string::npos);
  REQUIRE_FALSE(scene.ended->ok());
  CHECK("not started: " + scene.ended->error().text == scene.told.back());
  CHECK_FALSE(fs::exists(scene.pid_file()));
}

TEST_CASE("poller: one that can't take its id over leaves the service to the one that has it") {
  PollerScene scene;
  std::ofstream(pid_path(scene.config.run_dir, 1)) << "1\n";
  const UniqueFd held = open_lock(pid_path(scene.config.run_dir, 1));  // as who lives does
  REQUIRE(try_to_lock(held));
  // In the way of the file that is to become the PID file.
  std::filesystem::create_directory(pid_path(scene.config.run_dir, 1).native() + "." +
                                    std::to_string(::getpid()));
  const Manager manager;
  std::vector<std::string> told;
  std::thread listening([&] {
    while (told.size() < 4) told.push_back(manager.receive());
  });
  scene.begin();
  scene.load();
  scene.until_gone();
  listening.join();
  CHECK(told[0] == "MAINPID=" + std::to_string(::getpid()) + "\nREADY=1");
  CHECK(told[2] == "MAINPID=1\nREADY=1");
}

TEST_CASE("poller: a hang-up opens the log anew, and it works on") {
  ::signal(SIGHUP, SIG_DFL);  // as without nohup
  PollerScene scene;
  scene.work();
  fs::rename(scene.directory / "log", scene.directory / "log.1");
  scene.signal(SIGHUP);
  scene.until([&] { return fs::exists(scene.directory / "log"); });
  CHECK(scene.state() == "idle");
}

TEST_CASE("poller: it takes over only while a runner is ready") {
  PollerScene scene;
  scene.refusal = "no broker";
  scene.begin();
  scene.load();
  scene.until([&] { return scene.times_logged("no broker") == 1; });
  scene.runners.last().crash();
  scene.settle();
  scene.pass(1ms);
  REQUIRE(scene.runners.all.size() == 2);
  scene.refusal.clear();
  scene.pass(5s);
  scene.until([&] { return scene.broker != nullptr; });
  scene.settle();
  CHECK(scene.state() == "loading");
  CHECK_FALSE(scene.was_told("takes over"));
  scene.runners.last().load({"mail"});
  scene.until([&] { return scene.was_told("started"); });
  CHECK(scene.state() == "idle");
}

TEST_CASE("poller: one whose runners end by themselves before it is at work does not start") {
  PollerScene scene;
  scene.config.concurrency = 2;
  scene.begin();
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    REQUIRE_FALSE(scene.ended);
    scene.runners.last().load({"mail"});
    scene.settle();
    scene.runners.last().crash();
    scene.settle();
    if (i < 2) scene.pass(100ms);
  }
  scene.until_gone();
  CHECK(scene.told.back() ==
        "not started: 3 runners had loaded the plugins and ended by themselves: the runner ended "
        "by SIGUSR1");
  CHECK(scene.tries == 0);
}

TEST_CASE("poller: at work it outlives runners that end by themselves, and blames a new set") {
  PollerScene scene;
  scene.options.successor = {"start", "--id", "1"};
  std::string set_before;
  SUBCASE("the first set of all") {}
  SUBCASE("a new one") {
    set_before = "0123456789ab";
    REQUIRE(write_set_record(scene.config.run_dir, 1, {set_before, "", "", ""}).ok());
  }
  scene.work();
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    scene.runners.last().load({"mail"});
    scene.settle();
    scene.runners.last().crash();
    scene.settle();
    if (i < 2) scene.pass(200ms);
  }
  CHECK_FALSE(scene.ended);
  CHECK(scene.times_logged("gone back to the set 0123456789ab") == (set_before.empty() ? 0 : 1));
}
