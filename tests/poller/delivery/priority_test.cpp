#include "poller/delivery/priority.hpp"

#include <doctest/doctest.h>

using namespace actiond;
using Probe = std::vector<std::size_t>;

namespace {
constexpr bool kProved = true, kUnsure = false;
}

TEST_CASE("priority: what starts, and what is asked first") {
  const struct {
    const char* situation;
    std::vector<QueueState> queues;
    std::optional<std::size_t> start;
    Probe probe;
  } rows[] = {
      {"nothing waits", {{0, kUnsure}, {0, kUnsure}}, std::nullopt, {}},
      {"the highest starts without a question", {{1, kUnsure}, {1, kUnsure}}, 0, {}},
      {"a lower one starts if the higher is proven empty", {{0, kProved}, {1, kUnsure}}, 1, {}},
      {"else the higher one is asked", {{0, kUnsure}, {1, kUnsure}}, std::nullopt, {0}},
      {"but only once", {{0, kUnsure, true}, {1, kUnsure}}, std::nullopt, {}},
      {"all higher ones are asked together",
       {{0, kUnsure}, {0, kUnsure}, {5, kProved}},
       std::nullopt,
       {0, 1}},
      {"a proven one among them need not be",
       {{0, kProved}, {0, kUnsure}, {5, kProved}},
       std::nullopt,
       {1}},
      {"lower ones are not asked", {{2, kUnsure}, {0, kUnsure}, {0, kUnsure}}, 0, {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.situation);
    const NextStep step = next_step(row.queues);
    CHECK(step.start == row.start);
    CHECK(step.probe == row.probe);
  }
}

TEST_CASE("credit: a new consumer proves nothing") {
  Credit credit;
  credit.consuming(10);
  CHECK_FALSE(credit.is_proven());
}

TEST_CASE("credit: a proof holds until the credit might have run out") {
  Credit credit;
  credit.consuming(3);
  credit.proven_empty(0);
  credit.delivered();
  credit.delivered();
  CHECK(credit.is_proven());
  credit.delivered();
  CHECK_FALSE(credit.is_proven());
}

TEST_CASE("credit: what is still with us when it is proven counts against it") {
  Credit credit;
  credit.consuming(3);
  credit.proven_empty(2);
  CHECK(credit.is_proven());
  credit.delivered();
  CHECK_FALSE(credit.is_proven());
  credit.proven_empty(3);
  CHECK_FALSE(credit.is_proven());
}

TEST_CASE("credit: a cancelled consumer proves nothing") {
  Credit credit;
  credit.consuming(3);
  credit.proven_empty(0);
  credit.stopped();
  CHECK_FALSE(credit.is_proven());
}
