#include "poller/turns.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>

#include "log_scene.hpp"

using namespace actiond;

namespace {

struct TurnsScene : LogScene {
  boost::asio::io_context io;
  Turns turns{io, log};
  int done = 0;

  void ask(int times) {
    for (int i = 0; i < times; ++i) boost::asio::post(io, [this] { ++done; });
  }
  // What the next turn has done.
  int turn() {
    const int before = done;
    io.restart();
    turns.begin();
    turns.end();
    return done - before;
  }
};

}  // namespace

TEST_CASE("turns: much that happens at once is one turn's, and little is the next one's") {
  TurnsScene scene;
  scene.ask(5);
  CHECK(scene.turn() == 5);
  scene.ask(1);
  CHECK(scene.turn() == 1);  // no more: the next turns don't ask
  scene.ask(2);
  CHECK(scene.turn() == 1);
  CHECK(scene.turn() == 1);
}

TEST_CASE("turns: what was left out is done by the next turns, and soon at once again") {
  TurnsScene scene;
  scene.ask(1);
  REQUIRE(scene.turn() == 1);
  scene.ask(100);
  int turns = 0;
  while (scene.done < 101) {
    REQUIRE(scene.turn() > 0);
    ++turns;
  }
  CHECK(turns <= 9);
}
