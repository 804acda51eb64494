#include <doctest/doctest.h>

#include <action/testing.hpp>
#include <set>
#include <string>

using action::testing::Outcome;
using action::testing::run;
using namespace std::chrono_literals;

namespace {

class QueueingEvent : public action::Event {
 public:
  void process() override {
    const auto id = queue_action_event("audit", {{"who", "ada"}}, {.queue = "low"});
    queue_action_event("follow_up", {{"after", id}});
    action::queue_action_event("bare");
  }
};

// Queues four events, the second one in an hour and the others now or by `at`.
class DelayingEvent : public action::Event {
 public:
  void process() override {
    const auto now = std::chrono::system_clock::now();
    queue_action_event("now", {}, {.in = -1s});
    queue_action_event("in_an_hour", {}, {.queue = "low", .in = 1h});
    queue_action_event("at_an_hour", {}, {.at = now + 1h});
    queue_action_event("at_the_past", {}, {.at = now - 1h});
  }
};

// Queues params "event" with params "with".
class ForwardingEvent : public action::Event {
 public:
  void process() override { queue_action_event(params()["event"], params()["with"]); }
};

}  // namespace

TEST_CASE("queue: an event, its parameters and its queue reach the host") {
  const auto ran = run<QueueingEvent>();
  CHECK(ran.outcome == Outcome::Done);
  REQUIRE(ran.queued.size() == 3);
  CHECK(ran.queued[0].event == "audit");
  CHECK(ran.queued[0].queue == "low");
  CHECK(ran.queued[0].params == nlohmann::json{{"who", "ada"}});
  CHECK(ran.queued[2].params == nlohmann::json::object());
}

TEST_CASE("queue: the id is returned, and differs") {
  const auto ran = run<QueueingEvent>();
  CHECK(ran.queued.at(0).id.size() == 36);
  CHECK(ran.queued.at(1).params["after"] == ran.queued.at(0).id);
  CHECK(ran.queued.at(1).id != ran.queued.at(0).id);
}

TEST_CASE("queue: a bad request fails the event with the host's sentence") {
  const auto bad_name = run<ForwardingEvent>({{"event", "No Such"}, {"with", {{"a", 1}}}});
  CHECK(bad_name.outcome == Outcome::Failed);
  CHECK(bad_name.reason == "an event's name is made of [a-z0-9_.-]");
  const auto bad_params = run<ForwardingEvent>({{"event", "fine"}, {"with", 7}});
  CHECK(bad_params.reason == "params must be a JSON object");
}

TEST_CASE("queue: in how long an event is to run reaches the host") {
  const auto ran = run<DelayingEvent>();
  REQUIRE_MESSAGE(ran.outcome == Outcome::Done, ran.reason);
  CHECK(ran.queued.at(0).in == 0ms);
  CHECK(ran.queued.at(1).in == 1h);
  CHECK(ran.queued.at(2).in > 59min);
  CHECK(ran.queued.at(2).in <= 1h);
  CHECK(ran.queued.at(3).in == 0ms);
}

TEST_CASE("queue: `in` and `at` together fail the event with a sentence") {
  struct TwiceEvent : action::Event {
    void process() override {
      queue_action_event("e", {}, {.in = 1s, .at = std::chrono::system_clock::now()});
    }
  };
  const auto ran = run<TwiceEvent>();
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason == "can't queue e: both .in and .at say when it is to run: set one of them");
  CHECK(ran.queued.empty());
}

TEST_CASE("queue: an event may expire, but not before it is queued") {
  struct ShortLivedEvent : action::Event {
    void process() override {
      queue_action_event("e", {}, {.in = 1s, .expires = 10min});
      queue_action_event("e", {}, {.expires = -1ms});
    }
  };
  const auto ran = run<ShortLivedEvent>();
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason ==
        "can't queue e: .expires is below zero: say after how long the event expires");
  REQUIRE(ran.queued.size() == 1);
  CHECK(ran.queued[0].in == 1s);
  CHECK(ran.queued[0].expires == 10min);
}

TEST_CASE("queue: a delay is rounded up to milliseconds, and is none in the past") {
  using action::detail::delay_of;
  using Time = std::chrono::system_clock::time_point;
  const Time now{1h};
  CHECK(delay_of({}, now) == 0ms);
  CHECK(delay_of({.in = 5ms}, now) == 5ms);
  CHECK(delay_of({.in = std::chrono::milliseconds::min()}, now) == 0ms);
  CHECK(delay_of({.at = now + 1ns}, now) == 1ms);
  CHECK(delay_of({.at = now + 5ms}, now) == 5ms);
  CHECK(delay_of({.at = now}, now) == 0ms);
  CHECK(delay_of({.at = Time::min()}, now) == 0ms);
  CHECK(delay_of({.at = Time::max()}, now) > std::chrono::years(200));
}

TEST_CASE("queue: a host that is too old for delays is not asked for one") {
  action_host old{};
  old.size = sizeof old;
  old.queue_event = [](void*, const action_request*, char*) -> const char* { return nullptr; };
  CHECK_NOTHROW(action::detail::queue_event(&old, "e", {}, {}));
  CHECK_THROWS_AS(action::detail::queue_event(&old, "e", {}, {.in = 1s}), std::runtime_error);
  old.abi_minor = 1;
  CHECK_NOTHROW(action::detail::queue_event(&old, "e", {}, {.in = 1s}));
}

TEST_CASE("queue: null stands for no parameters") {
  const auto ran = run<ForwardingEvent>({{"event", "fine"}});
  CHECK(ran.queued.at(0).params == nlohmann::json::object());
}

TEST_CASE("queue: text that is not UTF-8 is refused, naming the event") {
  struct LatinEvent : action::Event {
    void process() override { queue_action_event("print", {{"name", "Andr\xe9"}}); }
  };
  const auto ran = run<LatinEvent>();
  CHECK(ran.outcome == Outcome::Failed);
  CHECK(ran.reason.starts_with("params of print are not JSON"));
}

TEST_CASE("queue: without a host it throws") {
  CHECK_THROWS_AS(action::queue_action_event("audit"), std::runtime_error);
}

namespace {

struct QueuedAuditEvent : action::Event {
  static constexpr action::Options options{.queue = "low"};
  void process() override {}
};

struct QueuedGivenEvent : action::Event {
  void process() override {}
};
ACTION_EVENT(QueuedGivenEvent, "given.name")

struct QueueingClassesEvent : action::Event {
  void process() override {
    queue_action_event<QueuedAuditEvent>({{"n", 1}});
    queue_action_event<QueuedAuditEvent>({}, {.queue = "high", .in = 1s});
    action::queue_action_event<QueuedGivenEvent>();
  }
};

}  // namespace

TEST_CASE("queue: by its class an event has its name and its queue, unless another is named") {
  const auto queued = action::testing::run<QueueingClassesEvent>().queued;
  REQUIRE(queued.size() == 3);
  CHECK(queued[0].event == "queued_audit");
  CHECK(queued[0].queue == "low");
  CHECK(queued[0].params == nlohmann::json{{"n", 1}});
  CHECK(queued[1].queue == "high");
  CHECK(queued[1].in == 1s);
  CHECK(queued[2].event == "given.name");
  CHECK(queued[2].queue == "");
}

TEST_CASE("queue: the plugin tells which events its handlers queue by class") {
  std::uint32_t count = 0;
  const char* const* names = action_plugin.queued(&count);
  const std::set<std::string> told(names, names + count);
  CHECK(told.count("queued_audit") == 1);
  CHECK(told.count("given.name") == 1);
}
