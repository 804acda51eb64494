#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <action/testing.hpp>

using action::testing::Outcome;
using action::testing::run;

namespace {

// The plugin, set up around a test that needs the connection, and torn down after it.
struct Connected {
  action::testing::Plugin plugin{{.config = {{"smtp", {{"host", "mail.example.org"}}}}}};
};

}  // namespace

TEST_CASE("mailer: setup fails if the configuration is wrong, and says where") {
  const auto ran = action::testing::setup({.config = {{"smtp", {{"port", "smtps"}}}}});
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason.find("smtp.port") != std::string::npos);
}

TEST_CASE_FIXTURE(Connected, "send_email: mails and queues an audit") {
  const auto ran = run("send_email", {{"to", "ada@example.org"}, {"subject", "hi"}});
  CHECK(ran.outcome == Outcome::Done);
  CHECK(ran.logged.at(0).text == "would mail \"hi\" to ada@example.org by mail.example.org");
  REQUIRE(ran.queued.size() == 1);
  CHECK(ran.queued[0].event == "audit");
  CHECK(ran.queued[0].queue == "low");
  CHECK(ran.queued[0].params["who"] == "ada@example.org");
}

TEST_CASE("send_email: discards what has no address") {
  const auto ran = run("send_email", {{"to", "nobody"}});
  CHECK(ran.outcome == Outcome::Discarded);
  CHECK(ran.reason == "no address: \"nobody\"");
}

TEST_CASE("send_email: fails without a connection, to be tried again") {
  CHECK(run("send_email", {{"to", "ada@example.org"}}).outcome == Outcome::Failed);
}

TEST_CASE("send_newsletter: queues a mail for each reader") {
  const nlohmann::json readers = {"ada@example.org", "bob@example.org"};
  const auto ran =
      run("send_newsletter", {{"account_id", 1}, {"subject", "news"}, {"to", readers}});
  CHECK(ran.outcome == Outcome::Done);
  CHECK(ran.queued.size() == 2);
}

TEST_CASE("send_newsletter: is halted without an account") {
  const auto ran = run("send_newsletter", {{"subject", "news"}});
  CHECK(ran.outcome == Outcome::Halted);
  CHECK(ran.queued.empty());
}

TEST_CASE("send_newsletter: stops when its time is over") {
  const auto ran = run("send_newsletter", {{"account_id", 1}, {"subject", "s"}, {"to", {"a@b"}}},
                       {.cancelled = true});
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "out of time");
}
