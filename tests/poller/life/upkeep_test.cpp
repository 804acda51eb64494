#include "poller/life/upkeep.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <thread>

#include "../fake_clock.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

struct UpkeepScene {
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  FakeClock clock;
  std::atomic<int> looks = 0;
  int told = 0;
  Upkeep upkeep{io, clock,
                [this] {
                  ++looks;
                  return Result<std::vector<std::string>>(std::vector<std::string>{});
                },
                [this](const auto&) { ++told; }};

  UpkeepScene() = default;
  ~UpkeepScene() {  // a look that nobody waits for uses what is here
    while (Upkeep::is_any_looking()) std::this_thread::yield();
  }
  UpkeepScene(const UpkeepScene&) = delete;
  UpkeepScene& operator=(const UpkeepScene&) = delete;

  void await_told() { REQUIRE(io.run_one_for(10s) == 1); }
};

}  // namespace

TEST_CASE("upkeep: with a broker it looks now and then, without one not at all") {
  UpkeepScene scene;
  scene.clock.advance(1h);
  CHECK(scene.looks == 0);
  scene.upkeep.begin();
  for (const auto wait : {10s, 20s, 40s, 80s, 160s, 180s, 180s}) {
    const int before = scene.told;
    scene.clock.advance(wait - 1ms);
    CHECK(scene.looks == before);
    scene.clock.advance(1ms);
    scene.await_told();
    CHECK(scene.told == before + 1);
  }
  scene.upkeep.stop();
  scene.clock.advance(1h);
  CHECK(scene.looks == 7);
}

TEST_CASE("upkeep: what is asked for comes at once, and then after growing waits") {
  UpkeepScene scene;
  scene.upkeep.begin();
  for (const auto wait : {0s, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    CAPTURE(wait.count());
    scene.upkeep.soon();
    scene.upkeep.soon();
    const int before = scene.looks;
    if (wait > 0s) scene.clock.advance(wait - 1ms);
    CHECK(scene.looks == before);
    scene.clock.advance(wait > 0s ? 1ms : 0ms);
    scene.await_told();
    CHECK(scene.looks == before + 1);
  }
  scene.clock.advance(10s);  // nothing was missing for so long
  scene.await_told();
  scene.upkeep.soon();
  scene.clock.advance(0s);
  scene.await_told();
}

TEST_CASE("upkeep: what is under way when the broker is lost is not told") {
  UpkeepScene scene;
  scene.upkeep.begin();
  scene.upkeep.soon();
  scene.clock.advance(0s);
  scene.upkeep.stop();
  CHECK(scene.io.run_one_for(10s) == 1);
  CHECK(scene.told == 0);
}
