#include "broker/rabbitmq/drop.hpp"

#include <doctest/doctest.h>

using actiond::tell_drop;

TEST_CASE("drop: a dead letter that a queue dropped tells so, and where it came from") {
  action::Message letter;
  letter.dropped_by = "shop.low";
  letter.dropped_why = "delivery_limit";
  letter.dropped_at_s = 1'700'000'000;
  SUBCASE("that never failed") {
    tell_drop("shop", letter);
    CHECK(letter.trail.queue == "low");
    CHECK(letter.trail.first_failed_at_ms == 1'700'000'000'000);
  }
  SUBCASE("that failed before") {
    letter.trail.queue = "high";
    letter.trail.error = "boom";
    letter.trail.first_failed_at_ms = 17;
    tell_drop("shop", letter);
    CHECK(letter.trail.queue == "high");
    CHECK(letter.trail.first_failed_at_ms == 17);
  }
  CHECK(letter.trail.error == "the broker dropped it from 'shop.low' (delivery_limit)");
  CHECK(letter.trail.failed_at_ms == 1'700'000'000'000);
}

TEST_CASE("drop: what a poller has stored stays as it is") {
  action::Message letter;
  letter.trail.error = "boom";
  letter.trail.failed_at_ms = 17;
  tell_drop("shop", letter);
  CHECK(letter.trail.error == "boom");
  CHECK(letter.trail.failed_at_ms == 17);
}
