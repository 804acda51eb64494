#include "poller/watchdog.hpp"

#include <doctest/doctest.h>
#include <time.h>

#include <thread>

#include "log_scene.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

struct WatchdogScene : LogScene {
  Watchdog::Time passed{0}, awake{0};
  Watchdog watchdog{log, {[this] { return passed; }, [this] { return awake; }}};

  void work(std::chrono::milliseconds time) {
    passed += time;
    awake += time;
  }
  void sleep(std::chrono::milliseconds time) { passed += time; }
};

std::chrono::nanoseconds time_at_work() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

TEST_CASE("watchdog: a turn that slept is reported with the part that took longest") {
  WatchdogScene scene;
  scene.watchdog.begin("timers");
  scene.work(10ms);
  scene.watchdog.at("the broker");
  scene.sleep(51ms);
  scene.watchdog.at("the log");
  scene.work(20ms);
  scene.watchdog.end();
  CHECK(scene.times_logged("stood still for 51 ms, for the most part in the broker") == 1);
}

TEST_CASE("watchdog: work, however long, and sleep between turns are none of its business") {
  WatchdogScene scene;
  for (int turn = 0; turn < 3; ++turn) {
    scene.sleep(1000ms);
    scene.watchdog.begin("timers");
    scene.work(500ms);
    scene.watchdog.at("the broker");
    scene.sleep(50ms);
    scene.watchdog.end();
  }
  CHECK(scene.times_logged("stood still") == 0);
}

TEST_CASE("watchdog: the kernel tells sleep from work") {
  LogScene scene;
  Watchdog watchdog(scene.log, Watchdog::this_thread());
  watchdog.begin("work");
  for (const auto until = time_at_work() + 120ms; time_at_work() < until;) {
  }
  watchdog.end();
  CHECK(scene.times_logged("stood still") == 0);
  watchdog.begin("sleep");
  std::this_thread::sleep_for(80ms);  // being asleep is what is tried
  watchdog.end();
  CHECK(scene.times_logged("stood still") == 1);
}
