#include <doctest/doctest.h>

#include <action/testing.hpp>

using action::testing::Outcome;
using action::testing::Ran;

namespace {

const nlohmann::json environment = {
    {"smtp", {{"host", "mail.example.org"}, {"port", 2525}, {"tls", true}}}, {"empty", nullptr}};

template <class T>
Ran run_configured() {
  return action::testing::run<T>({}, {.config = environment});
}

}  // namespace

TEST_CASE("config: a dotted key finds a value, a missing one is null") {
  struct AskingEvent : action::Event {
    void process() override {
      CHECK(config("smtp.host") == "mail.example.org");
      CHECK(config("smtp").is_object());
      CHECK(config("smtp.user").is_null());
      CHECK(config("smtp.host.deeper").is_null());
      CHECK(action::config("smtp.port") == 2525);
    }
  };
  CHECK(run_configured<AskingEvent>().outcome == Outcome::Done);
}

TEST_CASE("config: a fallback stands in for what is missing or null, and gives the type") {
  struct FallingBackEvent : action::Event {
    void process() override {
      CHECK(config("smtp.port", 25) == 2525);
      CHECK(config("smtp.tries", 3) == 3);
      CHECK(config("smtp.tls", false));
      CHECK(config("smtp.user", "nobody") == "nobody");
      CHECK(config<std::string>("smtp.host", "localhost") == "mail.example.org");
      CHECK(config("empty", std::string("full")) == "full");
      CHECK(config("smtp", nlohmann::json::object()).size() == 3);
      CHECK(action::config("smtp.user", std::string_view("nobody")) == "nobody");
    }
  };
  CHECK(run_configured<FallingBackEvent>().outcome == Outcome::Done);
}

TEST_CASE("config: a value of another type fails, with the key's name") {
  struct WrongTypeEvent : action::Event {
    void process() override { (void)config("smtp.host", 25); }
  };
  const auto ran = run_configured<WrongTypeEvent>();
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "configuration: 'smtp.host' must be a whole number, not text");
}

TEST_CASE("config: a required value that is missing fails, with the key's name") {
  struct RequiringEvent : action::Event {
    void process() override {
      CHECK(config<int>("smtp.port") == 2525);
      action::config<std::string>("smtp.user");
    }
  };
  const auto ran = run_configured<RequiringEvent>();
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason.find("smtp.user") != std::string::npos);
}

TEST_CASE("config: without a host there is none") {
  CHECK(action::config("smtp.host").is_null());
  CHECK(action::config("smtp.port", 25) == 25);
}
