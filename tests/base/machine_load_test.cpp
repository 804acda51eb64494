#include "base/machine_load.hpp"

#include <doctest/doctest.h>

using namespace actiond;

TEST_CASE("machine load: a machine with nothing left gets no more") {
  CHECK(MachineLoad{}.allows_more());
  CHECK(MachineLoad{7.9, 4, 0.5}.allows_more());
  CHECK_FALSE(MachineLoad{8, 4, 0.5}.allows_more());
  CHECK_FALSE(MachineLoad{0, 4, 0.04}.allows_more());
  const auto here = machine_load();
  CHECK(here.cores >= 1);
  CHECK(here.load >= 0);
  CHECK(here.memory_share > 0);
  CHECK(here.memory_share <= 1);
}
