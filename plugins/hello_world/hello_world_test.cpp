#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <action/testing.hpp>

using action::testing::Outcome;

TEST_CASE("hello_world: greets who is named") {
  const auto ran = action::testing::run("hello_world", {{"name", "Ada"}});
  CHECK(ran.outcome == Outcome::Done);
  REQUIRE(ran.logged.size() == 1);
  CHECK(ran.logged[0].text == "hello Ada");
}

TEST_CASE("hello_world: greets the world if nobody is named") {
  const auto ran = action::testing::run("hello_world");
  REQUIRE(ran.logged.size() == 1);
  CHECK(ran.logged[0].text == "hello world");
}

TEST_CASE("hello_world: fails if the name is no text") {
  const auto ran = action::testing::run("hello_world", {{"name", 7}});
  CHECK(ran.outcome == Outcome::Failed);
}
