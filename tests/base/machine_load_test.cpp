#include "base/machine_load.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

using namespace actiond;

namespace {

double load_of_library() {
  double load = -1;
  CHECK(::getloadavg(&load, 1) == 1);
  return load;
}

}  // namespace

TEST_CASE("machine load: a machine with nothing left gets no more") {
  CHECK(MachineLoad{}.allows_more());
  CHECK(MachineLoad{7.9, 4, 0.5}.allows_more());
  CHECK_FALSE(MachineLoad{8, 4, 0.5}.allows_more());
  CHECK_FALSE(MachineLoad{0, 4, 0.04}.allows_more());
}

TEST_CASE("machine load: of this machine it is what the C library says too") {
  const auto before = load_of_library();
  const auto here = machine_load();
  const auto after = load_of_library();
  CHECK(here.load >= std::min(before, after) - 0.02);  // rounded
  CHECK(here.load <= std::max(before, after) + 0.02);
  CHECK(here.cores >= 1);
  CHECK(here.cores <= ::sysconf(_SC_NPROCESSORS_ONLN));
  CHECK(here.memory_share > 0);
  CHECK(here.memory_share < 1);
}
