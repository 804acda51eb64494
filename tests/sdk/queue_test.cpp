#include <doctest/doctest.h>

#include <action/testing.hpp>

using action::testing::Outcome;
using action::testing::run;

namespace {

class QueueingEvent : public action::Event {
 public:
  void process() override {
    const auto id = queue_action_event("audit", {{"who", "ada"}}, {.queue = "low"});
    queue_action_event("follow_up", {{"after", id}});
    action::queue_action_event("bare");
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
  CHECK(ran.reason.starts_with("params of print are no JSON"));
}

TEST_CASE("queue: without a host it throws") {
  CHECK_THROWS_AS(action::queue_action_event("audit"), std::runtime_error);
}
