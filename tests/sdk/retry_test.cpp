#include <doctest/doctest.h>

#include <action/testing.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using action::testing::Outcome;

namespace {

struct RetryLaterEvent : action::Event {
  void process() override {
    if (attempt() == attempts()) throw std::runtime_error("the last one");
    throw action::Retry(90s, "rate limited");
  }
  void on_dead() override {
    if (param("is_stuck", false)) throw std::runtime_error("can't tell anyone");
    log("giving {} up: {}", id(), failure());
    queue_action_event("alert", {{"why", failure()}});
  }
};
ACTION_EVENT(RetryLaterEvent)

struct RetryPlainEvent : action::Event {
  void process() override {}
};
ACTION_EVENT(RetryPlainEvent)

struct RetryChildEvent : RetryLaterEvent {};
ACTION_EVENT(RetryChildEvent)

const action_event& table_entry_of(const char* name) {
  return action::testing::detail::registered_or_throw(name);
}

}  // namespace

TEST_CASE("retry: a handler says when the next attempt is due, and knows how many there are") {
  const auto ran = action::testing::run("retry_later", {}, {.attempt = 2, .attempts = 3});
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "rate limited");
  CHECK(ran.retry == 90s);
  const auto last = action::testing::run("retry_later", {}, {.attempt = 3, .attempts = 3});
  CHECK(last.reason == "the last one");
  CHECK(last.retry == 0s);
}

TEST_CASE("retry: under a host that can't do that, the attempt fails and a warning is logged") {
  std::string logged;
  action_host host{};
  host.size = offsetof(action_host, set_retry);
  host.ctx = &logged;
  host.log = [](void* ctx, action_level, const char* text, std::uint64_t size) {
    static_cast<std::string*>(ctx)->assign(text, size);
  };
  action_run run{};
  run.size = offsetof(action_run, attempts);
  run.attempt = 1;
  const action_event& event = table_entry_of("retry_later");
  CHECK(event.run(event.ctx, &host, &run) == ACTION_FAILED);
  CHECK(logged == "action::Retry: this actiond is too old for it, so the pause is as configured");
}

TEST_CASE("on_dead: a class that has one says so, also if it inherits it; another does not") {
  CHECK(static_cast<bool>(table_entry_of("retry_later").on_dead));
  CHECK(static_cast<bool>(table_entry_of("retry_child").on_dead));
  CHECK_FALSE(static_cast<bool>(table_entry_of("retry_plain").on_dead));
}

TEST_CASE("on_dead: it knows the failure, logs and queues; what it throws is a reason") {
  const action::testing::Plugin plugin({.config = {{"place", "a test"}}});
  const auto died = plugin.die("retry_later", "rate limited");
  CHECK(died.outcome == Outcome::Done);
  CHECK(died.queued.at(0).params == nlohmann::json{{"why", "rate limited"}});
  CHECK(died.logged.at(0).text.ends_with("up: rate limited"));
  const auto stuck = plugin.die("retry_later", "rate limited", {{"is_stuck", true}});
  CHECK(stuck.outcome == Outcome::Failed);
  CHECK(stuck.reason == "can't tell anyone");
  CHECK(plugin.die("retry_plain", "why").outcome == Outcome::Done);
}

TEST_CASE("on_dead: a host that never calls it is told of in the log, when it is attached") {
  std::string logged;
  action_host host{};
  host.size = offsetof(action_host, set_retry);
  host.abi_major = ACTION_ABI_MAJOR;
  host.abi_minor = 1;
  host.ctx = &logged;
  host.log = [](void* ctx, action_level, const char* text, std::uint64_t size) {
    static_cast<std::string*>(ctx)->assign(text, size);
  };
  action::detail::attach(&host);
  action::detail::attached_host = nullptr;
  CHECK(logged == "on_dead() of retry_later is never called: this actiond is too old");
}
