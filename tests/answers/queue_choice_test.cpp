#include <doctest/doctest.h>

#include "answers/queue_choice.hpp"

using namespace actiond;

namespace {

Config config() {
  Config config;
  config.queues = {"high", "medium", "low"};
  config.default_queue = "low";
  config.events["send_email"].queue = "high";
  config.events["slow"].attempts = 3;
  return config;
}

}  // namespace

TEST_CASE("queue choice: what was asked for, then what the configuration says, then its default") {
  CHECK(*choose_queue(config(), "send_email", "medium") == "medium");
  CHECK(*choose_queue(config(), "send_email", "") == "high");
  CHECK(*choose_queue(config(), "slow", "") == "low");
  CHECK(*choose_queue(config(), "other", "") == "low");
}

TEST_CASE("queue choice: a dead letter goes back where it came from, while that queue is there") {
  CHECK(*choose_origin(config(), "send_email", "medium") == "medium");
  CHECK(*choose_origin(config(), "send_email", "gone") == "high");
  CHECK(*choose_origin(config(), "other", "") == "low");
}

TEST_CASE("queue choice: an unknown queue is refused, with the nearest") {
  const auto queue = choose_queue(config(), "send_email", "hgih");
  REQUIRE_FALSE(queue.ok());
  CHECK(queue.error().text ==
        "unknown queue 'hgih': did you mean 'high'? the configuration names high, medium, low");
  CHECK(choose_queue(config(), "x", "dead").error().text ==
        "unknown queue 'dead': the configuration names high, medium, low");
}
