// Brokers that are far away, slow to log in, or at their limits.
#include <action/client.hpp>
#include <algorithm>
#include <thread>

#include "../network/proxy.hpp"
#include "client/rabbitmq/declare.hpp"
#include "delayed_application.hpp"

using action::Client;
using namespace std::chrono_literals;

namespace {

// Long enough that all that a client says at once is one piece of a conversation, whatever else the
// machine does.
Proxy::Lateness far_away() {
  return [](Towards, int) { return 250ms; };
}

}  // namespace

TEST_CASE("far broker: an event for later takes six round trips at most when all is there") {
  NEEDS_BROKER();
  DelayedApplication app;
  Client(test_broker(), {.application = app.name()})
      .queue_action_event("e", {}, {.queue = "high", .in = 1h});
  const Proxy proxy(test_broker(), far_away());
  Client(proxy.url(), {.application = app.name()})
      .queue_action_event("e", {}, {.queue = "high", .in = 1h});
  CHECK(proxy.connections() == 1);
  CHECK(proxy.round_trips() <= 6);
}

// A broker that has other things to do answers so many declarations in several pieces: the best of
// some tries is what the client needs.
TEST_CASE("far broker: a new application is declared in as many") {
  NEEDS_BROKER();
  int least = 100;
  for (int tries = 0; tries < 4 && least > 6; ++tries) {
    DelayedApplication app;
    const Proxy proxy(test_broker(), far_away());
    Client(proxy.url(), {.application = app.name()})
        .queue_action_event("e", {}, {.queue = "high", .in = 1h});
    least = std::min(least, proxy.round_trips());
  }
  CHECK(least <= 6);
}

TEST_CASE("far broker: a login that takes longer than connecting may is waited for") {
  NEEDS_BROKER();
  auto url = action::parse_broker_url(test_broker());
  // The broker's second piece is its yes to the user.
  const Proxy proxy(test_broker(), [](Towards to, int piece) {
    return to == Towards::Client && piece == 1 ? 3000ms : 0ms;
  });
  url = action::parse_broker_url(proxy.url());
  const auto connection = action::Connection::open(*url, "client_tests", 1000ms);
  CHECK_MESSAGE(connection, connection.error().text);
}

TEST_CASE("far broker: one that says nothing at all is given up after connection_timeout") {
  NEEDS_BROKER();
  const Proxy proxy(test_broker(),
                    [](Towards to, int) { return to == Towards::Client ? 60s : 0ms; });
  const auto url = action::parse_broker_url(proxy.url() + "?connection_timeout=200");
  REQUIRE(url);
  const auto began = std::chrono::steady_clock::now();
  const auto connection = action::Connection::open(*url, "client_tests", 600s);
  REQUIRE(!connection);
  CHECK(std::chrono::steady_clock::now() - began < 30s);
  CHECK(proxy.connections() == 1);
}

TEST_CASE(
    "far broker: that one answers nothing any more is told, with how long it was waited for") {
  NEEDS_BROKER();
  std::atomic<bool> is_silent = false;
  const Proxy proxy(test_broker(), [&](Towards to, int) {
    return to == Towards::Client && is_silent ? 60s : 0ms;
  });
  const auto url = action::parse_broker_url(proxy.url());
  REQUIRE(url);
  auto connection = action::Connection::open(*url, "client_tests", 1s);
  REQUIRE(connection);
  is_silent = true;
  const auto opened = (*connection)->open_channel(7);
  REQUIRE(!opened);
  CHECK(opened.error().text.find("it has answered nothing for 1 s") != std::string::npos);
}

TEST_CASE("far broker: a limit that it has met is named") {
  NEEDS_CTL();
  ctl("add_vhost limited");
  ctl("set_permissions -p limited guest '.*' '.*' '.*'");
  ctl("set_vhost_limits -p limited '{\"max-connections\": 0}'");
  auto url = action::parse_broker_url(test_broker());
  url->vhost = "limited";
  const auto refused = action::Connection::open(*url, "client_tests", 10s);
  ctl("clear_vhost_limits -p limited");
  ctl("set_vhost_limits -p limited '{\"max-queues\": 0}'");
  const auto connection = action::Connection::open(*url, "client_tests", 10s);
  REQUIRE(connection);
  REQUIRE((*connection)->open_channel(1));
  const auto declared = action::declare(**connection, 1, {"limited", {"high"}});
  ctl("delete_vhost limited");
  REQUIRE(!refused);
  CHECK(refused.error().text.find("allows no more connections") != std::string::npos);
  REQUIRE(!declared);
  CHECK(declared.error().text.find("allows no more queues") != std::string::npos);
}

TEST_CASE("far broker: a queue that it answers nothing about is left out, and holds up no other") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high", "low"})));
  Proxy proxy(test_broker(), [](Towards, int) { return 0ms; });
  for (const char* name : {"low", "dead"}) proxy.hold(app.queue(name));
  auto connection = action::Connection::open(*action::parse_broker_url(proxy.url()), "t", 2s);
  REQUIRE(connection);
  REQUIRE((*connection)->open_channel(1));
  action::Declaration declaration(app.topology({"low", "high"}));
  amqp_channel_t channel = 1;
  const auto declared = declaration.look().queues().run(**connection, channel);
  REQUIRE_MESSAGE(declared, declared.error().text);
  CHECK(channel != 1);
  CHECK(declaration.is_any_unanswered());
  CHECK_FALSE(declaration.has_no_answers());
  CHECK(declaration.reached(app.queue("high")));
  CHECK(declaration.remarks().size() == 2);
  const auto low = declaration.reached(app.queue("low"));
  REQUIRE(!low);
  CHECK(low.error().text.find("low' can't be used: the broker answers nothing about it") !=
        std::string::npos);
  CHECK(action::queue_depth(**connection, channel, app.queue("high")));

  SUBCASE("once it does, nobody is left out") {
    proxy.release();
    action::Declaration again(app.topology({"low", "high"}));
    REQUIRE(again.look().queues().run(**connection, channel));
    CHECK(again.reached(app.queue("low")));
    CHECK(again.remarks().empty());
  }
}

TEST_CASE("far broker: one that is merely slow has no queue left out") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high"})));
  std::atomic<bool> is_slow = false;
  Proxy proxy(test_broker(),
              [&](Towards to, int) { return to == Towards::Client && is_slow ? 1500ms : 0ms; });
  auto connection = action::Connection::open(*action::parse_broker_url(proxy.url()), "t", 4s);
  REQUIRE(connection);
  REQUIRE((*connection)->open_channel(1));
  is_slow = true;  // longer than a declaration waits before it asks
  action::Declaration declaration(app.topology({"high"}));
  amqp_channel_t channel = 1;
  const auto declared = declaration.queues().run(**connection, channel);
  REQUIRE_MESSAGE(declared, declared.error().text);
  CHECK(channel == 1);
  CHECK(declaration.remarks().empty());
}

TEST_CASE("far broker: an event for another queue than that is queued, and for that one refused") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high", "low"})));
  Proxy proxy(test_broker(), [](Towards, int) { return 0ms; });
  for (const char* name : {"low", "dead"}) proxy.hold(app.queue(name));
  Client client(proxy.url(), {.application = app.name(), .timeout = 2s});
  client.queue_action_event("e", {}, {.queue = "high"});
  CHECK(app.ready("high") == 1);
  try {
    client.queue_action_event("e", {}, {.queue = "low"});
    FAIL("it was queued");
  } catch (const action::ClientError& error) {
    CHECK(std::string(error.what()).find("answers nothing about it") != std::string::npos);
  }
  client.queue_action_event("e", {}, {.queue = "high"});
  CHECK(app.ready("high") == 2);
  // Many events for it find that out once.
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i)
    CHECK_THROWS_AS(client.queue_action_event("e", {}, {.queue = "low"}), action::ClientError);
  CHECK(std::chrono::steady_clock::now() - began < 10s);
  proxy.release();
  // For some seconds nothing is asked about that queue again.
  const auto is_queued = [&] {
    try {
      client.queue_action_event("e", {}, {.queue = "low"});
    } catch (const action::ClientError&) {
      std::this_thread::sleep_for(100ms);
      return false;
    }
    return true;
  };
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!is_queued()) REQUIRE(std::chrono::steady_clock::now() < until);
  CHECK(app.ready("low") == 1);
}
