#include "broker/rabbitmq/late_answers.hpp"

#include <doctest/doctest.h>

using actiond::LateAnswers;
using Known = LateAnswers::Known;
using namespace std::chrono_literals;

TEST_CASE("late answers: what may be stored yet is known until it is answered") {
  LateAnswers late;
  const LateAnswers::Time now{};
  CHECK(late.ask("one") == Known::No);
  late.await(7, "one");
  late.await(8, "other");
  CHECK(late.ask("one") == Known::Awaited);
  CHECK(late.ask("one") == Known::Awaited);
  late.settle(9, true, now);  // not late
  late.settle(7, true, now);
  late.settle(8, false, now);
  CHECK(late.ask("one") == Known::Taken);
  CHECK(late.ask("one") == Known::No);    // whoever has asked is done with it
  CHECK(late.ask("other") == Known::No);  // refused: it may be published again
  late.await(10, "other");
  CHECK(late.ask("other") == Known::Awaited);
}

TEST_CASE("late answers: without an id nothing is known again") {
  LateAnswers late;
  late.await(7, "");
  CHECK(late.ask("") == Known::No);
}

TEST_CASE("late answers: what nobody asks for is forgotten, but not while it is awaited") {
  LateAnswers late;
  const LateAnswers::Time now{};
  late.await(7, "awaited");
  late.await(8, "old");
  late.await(9, "new");
  late.settle(8, true, now);
  late.settle(9, true, now + 5min);
  late.forget(now + 11min);
  CHECK(late.ask("awaited") == Known::Awaited);
  CHECK(late.ask("old") == Known::No);
  CHECK(late.ask("new") == Known::Taken);
}
