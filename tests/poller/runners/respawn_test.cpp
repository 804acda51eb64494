#include "poller/runners/respawn.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("respawn: a runner that had worked is replaced at once, always") {
  Respawn respawn;
  for (int i = 0; i < 5; ++i) CHECK(respawn.died(true) == 0ms);
}

TEST_CASE("respawn: runners that never work are born with growing patience, to a bound") {
  Respawn respawn;
  CHECK(respawn.died(false) == 0ms);
  CHECK(respawn.died(false) == 100ms);
  CHECK(respawn.died(false) == 200ms);
  CHECK(respawn.died(false) == 400ms);
  for (int i = 0; i < 50; ++i) CHECK(respawn.died(false) <= Respawn::kLongest);
  respawn.worked();
  CHECK(respawn.died(false) == 0ms);
}
