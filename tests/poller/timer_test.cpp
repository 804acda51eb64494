#include "poller/timer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/post.hpp>
#include <string>

#include "../base/allocations.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("timer: calls once, and only what it was set to last") {
  boost::asio::io_context io;
  LoopClock clock(io);
  std::string called;
  const auto timer = clock.timer();
  timer->set(1h, [&] { called += "first "; });
  timer->set(0ms, [&] { called += "second "; });
  io.run();
  CHECK(called == "second ");
}

TEST_CASE("timer: one that is cancelled or gone when its time has just come calls nothing") {
  boost::asio::io_context io;
  LoopClock clock(io);
  bool is_called = false;
  auto timer = clock.timer();
  bool is_late = false;
  // Both are due when the loop begins; the first ends the second.
  auto first = clock.timer();
  first->set(0ms, [&] {
    is_late = true;
    SUBCASE("cancelled") {
      timer->cancel();
    }
    SUBCASE("gone") {
      timer.reset();
    }
  });
  timer->set(0ms, [&] { is_called = true; });
  io.run();
  CHECK(is_late);
  CHECK_FALSE(is_called);
}

TEST_CASE("timer: may be set anew by what it calls, and costs no allocation then") {
  boost::asio::io_context io;
  LoopClock clock(io);
  const auto timer = clock.timer();
  struct Ticks {
    Timer& timer;
    int left = 100;
    std::size_t before = 0;
    void next() {
      if (left-- == 98) before = test::allocations();
      if (left > 0) timer.set(0ms, [this] { next(); });
    }
  } ticks{*timer};
  ticks.next();
  io.run();
  CHECK(ticks.left == 0);
  CHECK(test::allocations() == ticks.before);
}
