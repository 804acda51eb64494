#include "poller/life/pause_watch.hpp"

#include <doctest/doctest.h>

#include "../fake_broker.hpp"
#include "../fake_clock.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

// How often it was asked since the last time.
int take(FakeBroker& broker) {
  return std::exchange(broker.pause_looks, 0);
}

}  // namespace

TEST_CASE("pause watch: two looks every 5 s, for one alone proves nothing") {
  FakeClock clock;
  FakeBroker broker;
  PauseWatch watch(clock);
  watch.begin(broker);
  clock.advance(299ms);
  CHECK(take(broker) == 0);
  clock.advance(1ms);
  CHECK(take(broker) == 1);
  for (int i = 0; i < 3; ++i) {
    clock.advance(4699ms);
    CHECK(take(broker) == 0);
    clock.advance(1ms);
    CHECK(take(broker) == 1);
    clock.advance(300ms);
    CHECK(take(broker) == 1);
  }
}

TEST_CASE("pause watch: at once when something was said, and not without a broker") {
  FakeClock clock;
  FakeBroker broker;
  PauseWatch watch(clock);
  watch.soon();
  watch.begin(broker);
  watch.soon();
  CHECK(take(broker) == 1);
  clock.advance(300ms);
  CHECK(take(broker) == 1);
  CHECK(broker.told_looks == 2);
  clock.advance(5s);
  CHECK(take(broker) == 2);
  CHECK(broker.told_looks == 2);
  watch.stop();
  watch.soon();
  clock.advance(1min);
  CHECK(take(broker) == 0);
}
