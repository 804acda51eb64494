#include "base/nearest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace actiond;

TEST_CASE("nearest: an insertion, deletion, replacement or swap costs one") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("queue", "queues") == 1);
  CHECK(edit_distance("queues", "queue") == 1);
  CHECK(edit_distance("retry", "retri") == 1);
  CHECK(edit_distance("retry", "rerty") == 1);
  CHECK(edit_distance("Retry", "rETRY") == 0);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("nearest: the nearest candidate, if one is near") {
  const std::vector<std::string> verbs{"run", "start", "stop", "status", "restart", "prefetch"};
  CHECK(nearest("prefech", verbs) == "prefetch");
  CHECK(nearest("statsu", verbs) == "status");
  CHECK(nearest("rn", verbs) == "run");
  CHECK(nearest("STOP", verbs) == "stop");
  CHECK(nearest("deploy", verbs) == "");
  CHECK(nearest("", verbs) == "");
  CHECK(nearest("run", std::vector<std::string>{}) == "");
}

TEST_CASE("nearest: of two as near, the first") {
  CHECK(nearest("bat", std::vector<const char*>{"cat", "hat"}) == "cat");
}
