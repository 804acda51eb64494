#include "poller/plugin_sets/probation.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE(
    "probation: crashes of what never ran to its end are the set's, until they are too many") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(3, 1min, zero);
  CHECK(probation.crashed("mail", zero + 1s));
  CHECK(probation.crashed("bill", zero + 2s));
  CHECK_FALSE(probation.is_failed());
  CHECK(probation.crashed("mail", zero + 3s));
  CHECK(probation.is_failed());
}

TEST_CASE("probation: an event that ran to its end is to blame for its own crash") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(1, 1min, zero);
  probation.ended("mail");
  CHECK_FALSE(probation.crashed("mail", zero + 1s));
  CHECK_FALSE(probation.is_failed());
  CHECK(probation.crashed("bill", zero + 1s));
  CHECK(probation.is_failed());
}

TEST_CASE("probation: what others have in hand when the set is given up is excused as well") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(1, 1min, zero);
  CHECK(probation.crashed("mail", zero + 1s));
  REQUIRE(probation.is_failed());
  CHECK(probation.crashed("mail", zero + 2s));
  CHECK(probation.is_failed());
  CHECK_FALSE(probation.crashed("mail", zero + 1min));
}

TEST_CASE("probation: it ends, and without one nothing is the set's") {
  const MonotonicTime zero = monotonic_now();
  Probation probation(1, 1min, zero);
  CHECK_FALSE(probation.crashed("mail", zero + 1min));
  Probation none;
  CHECK_FALSE(none.crashed("mail", zero));
  CHECK_FALSE(none.is_failed());
}
