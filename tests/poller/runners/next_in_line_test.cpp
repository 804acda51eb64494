#include "poller/runners/next_in_line.hpp"

#include <doctest/doctest.h>

using actiond::NextInLine;

TEST_CASE("next in line: the third death in which it was next is one too many") {
  NextInLine next;
  CHECK_FALSE(next.died(7));
  CHECK_FALSE(next.died(8));
  CHECK_FALSE(next.died(7));
  CHECK(next.died(7));
  CHECK_FALSE(next.died(8));
}

TEST_CASE("next in line: a run of it that ends is its excuse, and one of another is none") {
  NextInLine next;
  CHECK(next.empty());
  CHECK_FALSE(next.died(7));
  CHECK_FALSE(next.died(7));
  next.ended(8);
  CHECK_FALSE(next.empty());
  next.ended(7);
  CHECK(next.empty());
  CHECK_FALSE(next.died(7));
}

TEST_CASE("next in line: of many the ones that were first are forgotten") {
  NextInLine next;
  CHECK_FALSE(next.died(1000));
  CHECK_FALSE(next.died(1000));
  for (std::uint64_t mark = 1; mark <= 64; ++mark) CHECK_FALSE(next.died(mark));
  CHECK_FALSE(next.died(1000));
}
