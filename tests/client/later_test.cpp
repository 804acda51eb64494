// Events that a client queues to run later, in the broker's delay levels.
#include <action/client.hpp>
#include <set>
#include <thread>

#include "../network/rabbit_ctl.hpp"
#include "client/rabbitmq/delay.hpp"
#include "delayed_application.hpp"

using action::Client;
using action::ClientError;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// A user who may write and read, until the end of the scope.
struct NoConfiguring {
  NoConfiguring() { ctl("set_permissions guest '' '.*' '.*'"); }
  ~NoConfiguring() { (void)rabbit_ctl("set_permissions guest '.*' '.*' '.*'"); }
};

}  // namespace

TEST_CASE("later: an event queued by `in` or `at` comes then, one in the past at once") {
  NEEDS_BROKER();
  DelayedApplication app;
  Client client(test_broker(), {.application = app.name()});
  const auto began = Clock::now();
  client.queue_action_event("e", {}, {.queue = "high", .in = 500ms});
  client.queue_action_event("e", {}, {.queue = "low", .at = std::chrono::system_clock::now() + 1s});
  client.queue_action_event("e", {}, {.queue = "medium", .in = -5s});
  client.queue_action_event("e", {},
                            {.queue = "medium", .at = std::chrono::system_clock::now() - 1h});
  CHECK(app.ready("medium") == 2);
  CHECK(app.wait_for("high", 1));
  CHECK(Clock::now() - began >= 500ms);
  CHECK(app.wait_for("low", 1));
  CHECK(Clock::now() - began >= 1s);
  CHECK(app.take("high")->trail.due_at_ms == 0);
}

TEST_CASE("later: an event due in years takes the first trip with its due time") {
  NEEDS_BROKER();
  DelayedApplication app;
  Client client(test_broker(), {.application = app.name()});
  const auto before = action::now_for_delays_ms();
  client.queue_action_event("e", {{"n", 1}}, {.queue = "high", .in = std::chrono::years(3)});
  REQUIRE(app.ready("delay.v1.27") == 1);
  const auto message = app.take("delay.v1.27");
  CHECK(message->event == "e");
  CHECK(message->trail.due_at_ms >=
        before + std::chrono::milliseconds(std::chrono::years(3)).count());
}

TEST_CASE("later: `in` and `at` together are refused, and nothing is queued") {
  Client client("amqp://127.0.0.1:1");
  try {
    client.post("e", {}, {.in = 1s, .at = std::chrono::system_clock::now()});
    FAIL("an event for two times was taken");
  } catch (const ClientError& error) {
    CHECK(std::string(error.what()) ==
          "can't queue 'e': both .in and .at say when it is to run: set one of them");
  }
}

TEST_CASE("later: a level that is not as it must be is named, and events for now go on") {
  NEEDS_BROKER();
  DelayedApplication app;
  app.declare_by_hand("delay.v1.00");
  Client client(test_broker(), {.application = app.name()});
  try {
    client.queue_action_event("e", {}, {.queue = "high", .in = 1s});
    FAIL("a level without a time to live was used");
  } catch (const ClientError& error) {
    CAPTURE(std::string(error.what()));
    CHECK(std::string(error.what()).find(app.queue("delay.v1.00")) != std::string::npos);
  }
  client.queue_action_event("e", {}, {.queue = "low"});
  CHECK(app.ready("low") == 1);
  CHECK(app.ready("high") == 0);
}

TEST_CASE("later: a user who may not configure uses the levels that are there") {
  NEEDS_CTL();
  DelayedApplication app;
  const action::QueueOptions later{.queue = "high", .in = 125ms};
  Client(test_broker(), {.application = app.name()}).queue_action_event("e", {}, later);
  REQUIRE(app.wait_for("high", 1));
  {
    NoConfiguring forbidden;
    Client(test_broker(), {.application = app.name()}).queue_action_event("e", {}, later);
  }
  CHECK(app.wait_for("high", 2));
}

TEST_CASE("later: what is posted for later and not confirmed is sent again when the link is lost") {
  NEEDS_BROKER();
  DelayedApplication app;
  Client client(test_broker(), {.application = app.name()});
  client.queue_action_event("e", {}, {.queue = "high"});
  const auto began = Clock::now();
  for (int i = 0; i < 20; ++i) {
    if (i == 10) cut_connections();
    client.post("e", {{"n", i}}, {.queue = "high", .in = 1s});
  }
  client.flush();
  CHECK(app.take("high"));  // the first; no other is there yet, or a second is over
  const auto until = Clock::now() + 30s;
  std::set<std::string> bodies;
  while (bodies.size() < 20 && Clock::now() < until) {
    if (const auto message = app.take("high")) {
      CHECK(Clock::now() - began >= 1s);
      bodies.insert(message->body);
    } else {
      std::this_thread::sleep_for(5ms);
    }
  }
  CHECK(bodies.size() == 20);
}
