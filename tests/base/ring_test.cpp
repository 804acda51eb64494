#include "base/ring.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <random>

#include "allocations.hpp"

using actiond::Ring;

TEST_CASE("ring: it does what a deque does, at both ends, also while it grows") {
  Ring<int> ring;
  std::deque<int> deque;
  std::minstd_rand random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto what = random() % 7;
    if (what < 2) ring.push_back(i), deque.push_back(i);
    if (what == 2 || what == 3) ring.push_front(i), deque.push_front(i);
    if (what == 4 && !deque.empty()) ring.pop_back(), deque.pop_back();
    if (what > 4 && !deque.empty()) ring.pop_front(), deque.pop_front();
    REQUIRE(ring.size() == deque.size());
    if (!deque.empty()) REQUIRE((ring.front() == deque.front() && ring.back() == deque.back()));
  }
  CHECK(std::equal(ring.begin(), ring.end(), deque.begin(), deque.end()));
}

TEST_CASE("ring: what is popped is destroyed") {
  Ring<std::shared_ptr<int>> ring;
  const auto held = std::make_shared<int>(1);
  ring.push_back(held);
  ring.pop_front();
  CHECK(held.use_count() == 1);
}

TEST_CASE("ring: once it has grown, what goes through it allocates nothing") {
  Ring<int> ring;
  for (int i = 0; i < 100; ++i) ring.push_back(i);
  const std::size_t before = actiond::test::allocations();
  for (int i = 0; i < 10'000; ++i) {
    ring.pop_front();
    ring.push_back(i);
  }
  CHECK(actiond::test::allocations() == before);
}
