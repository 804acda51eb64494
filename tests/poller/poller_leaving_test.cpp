// How a poller leaves: which words make it, and what it still does.
#include <doctest/doctest.h>

#include "poller_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Texts = PollerScene::Texts;

TEST_CASE("poller: a signal ends it after what is in hand, and nothing more begins") {
  PollerScene scene;
  scene.work();
  scene.run();
  scene.signal(SIGTERM);
  CHECK(scene.state() == "leaving");
  CHECK(scene.times_logged("leaving: told to stop") == 1);
  scene.deliver();
  CHECK(scene.runners.last().received().empty());
  REQUIRE_FALSE(scene.ended);
  const Texts said = scene.broker->take();
  REQUIRE_FALSE(said.empty());
  CHECK(said.front() == "cancel 0");
  CHECK(said.back() == "give back 0 2");
  Texts last;
  scene.broker->on_goodbye = [&] {
    last = scene.broker->take();
    scene.runners.last().die();
  };
  scene.runners.last().end();
  scene.until_gone();
  CHECK(last == Texts{"ack 0 1"});
  CHECK(scene.times_logged("poller here/1 has left: 1 done, 0 failed") == 1);
  CHECK_FALSE(fs::exists(scene.pid_file()));
  CHECK(scene.runners.all.size() == 1);
}

TEST_CASE("poller: what is in hand is stopped by a second signal, SIGQUIT, --now, or its time") {
  PollerScene scene;
  scene.config.shutdown_timeout = 30s;
  scene.work();
  scene.run();
  std::string why = "told to stop now";
  SUBCASE("a second signal") {
    scene.signal(SIGTERM);
    CHECK_FALSE(scene.runners.last().is_dead());
    scene.signal(SIGINT);
  }
  SUBCASE("SIGQUIT") {
    scene.signal(SIGQUIT);
  }
  SUBCASE("--now") {
    CHECK(scene.ask({{"command", "stop"}, {"now", true}})["ok"] == true);
  }
  SUBCASE("its time is over") {
    why = "its time is over";
    CHECK(scene.ask({{"command", "stop"}})["ok"] == true);
    scene.pass(29s);
    CHECK_FALSE(scene.runners.last().is_dead());
    scene.pass(1s);
  }
  SUBCASE("a time of its own") {
    why = "its time is over";
    CHECK(scene.ask({{"command", "stop"}, {"timeout_ms", 1000}})["ok"] == true);
    scene.pass(1s);
  }
  scene.until_gone();
  CHECK(scene.times_logged("stopped: " + why) == 1);
  CHECK(scene.times_logged("has left: 0 done") == 1);
}

TEST_CASE("poller: it leaves when its PID file is gone, or names another") {
  PollerScene scene;
  scene.work();
  scene.run();
  SUBCASE("gone") {
    fs::remove(scene.pid_file());
  }
  SUBCASE("another's") {
    const auto other = scene.config.run_dir / "other";
    std::ofstream(other) << "1\nanother\n";
    fs::rename(other, scene.pid_file());
  }
  scene.settle();
  scene.pass(300ms);  // it may be the directory that goes
  CHECK(scene.times_logged("leaving: ") == 1);
  CHECK(scene.times_logged("is no longer this process's") == 1);
  const bool is_others = fs::exists(scene.pid_file());
  CHECK_FALSE(scene.ended);  // something is in hand
  scene.runners.last().end();
  scene.until_gone();
  CHECK(fs::exists(scene.pid_file()) == is_others);
  CHECK(scene.ended->ok());
}

TEST_CASE("poller: what has run and is not confirmed is waited for, but not forever") {
  PollerScene scene;
  scene.config.shutdown_timeout = 30s;
  scene.work();
  scene.run();
  scene.signal(SIGTERM);
  scene.runners.last().end(Ending::Discarded);
  scene.pass(29s);
  CHECK_FALSE(scene.ended);
  SUBCASE("confirmed") {
    scene.broker->tells = [](BrokerListener& listener) { listener.on_published(1, {}); };
    Texts last;
    scene.broker->on_goodbye = [&] {
      last = scene.broker->take();
      scene.runners.last().die();
    };
    scene.until_gone();
    CHECK(last.back() == "ack 0 1");
  }
  SUBCASE("never") {
    scene.pass(2s);
    CHECK(scene.ended);
  }
}

TEST_CASE("poller: one that is stopped before it was at work has only to tell who waits") {
  PollerScene scene;
  SUBCASE("nobody") {}
  SUBCASE("somebody") {
    scene.options.is_broker_required = true;
  }
  const bool is_any_waiting = scene.options.is_broker_required;
  scene.begin();
  scene.signal(SIGTERM);
  scene.until_gone();
  CHECK(scene.told.size() == (is_any_waiting ? 2 : 1));
  CHECK(scene.ended->ok() != is_any_waiting);
  CHECK(scene.times_logged("stopped before it was at work: told to stop") ==
        (is_any_waiting ? 0 : 1));
}
