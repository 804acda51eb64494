#include "client/rabbitmq/declare.hpp"

#include <action/client.hpp>

#include "../../network/raw_calls.hpp"
#include "../delayed_application.hpp"
#include "client/rabbitmq/delay.hpp"

using action::declare;
using action::QueueType;

namespace {

amqp_channel_t channel = 1;  // of the application's connection

struct Argument {
  const char* name;
  const char* text;
  std::int64_t number;
};

}  // namespace

TEST_CASE("topology: queues are <application>.<name>, dead letters <application>.dead") {
  const action::Topology topology{"shop", {"high"}, QueueType::Classic};
  CHECK(topology.queue("high") == "shop.high");
  CHECK(topology.dead() == "shop.dead");
}

TEST_CASE("topology: declaring makes exchange, queues and dead letters, and does so twice") {
  NEEDS_BROKER();
  for (const QueueType kind : {QueueType::Classic, QueueType::Quorum}) {
    TestApplication app;
    auto& connection = app.connection();
    REQUIRE(declare(connection, 1, app.topology({"high", "low"}, kind)));
    REQUIRE(declare(connection, 1, app.topology({"high", "low"}, kind)));
    for (const char* queue : {"high", "low", "dead"}) {
      const auto depth = action::queue_depth(connection, 1, app.queue(queue));
      REQUIRE(depth);
      CHECK(depth->messages == 0);
      CHECK(depth->consumers == 0);
    }
  }
}

TEST_CASE("topology: a queue of the other type is used as it is") {
  NEEDS_BROKER();
  for (const bool is_quorum_first : {false, true}) {
    TestApplication app;
    const auto first = is_quorum_first ? QueueType::Quorum : QueueType::Classic;
    const auto second = is_quorum_first ? QueueType::Classic : QueueType::Quorum;
    REQUIRE(declare(app.connection(), 1, app.topology({"high"}, first)));
    const auto declared = declare(app.connection(), 1, app.topology({"high"}, second));
    if (!declared) FAIL(declared.error().text);
  }
}

TEST_CASE("topology: of a classic queue where a quorum one is wanted people are told") {
  NEEDS_BROKER();
  TestApplication app;
  REQUIRE(declare(app.connection(), 1, app.topology({"high"}, QueueType::Classic)));
  action::Declaration same(app.topology({"high"}, QueueType::Classic));
  REQUIRE(same.queues().run(app.connection(), channel));
  CHECK(same.remarks().empty());
  action::Declaration other(app.topology({"high", "low"}, QueueType::Quorum));
  REQUIRE(other.queues().run(app.connection(), channel));
  REQUIRE(other.remarks().size() == 2);
  CHECK(other.remarks()[0].find(app.queue("dead")) != std::string::npos);
  CHECK(other.remarks()[1].find(app.queue("high")) != std::string::npos);
  action::Declaration again(app.topology({"low"}, QueueType::Quorum));
  REQUIRE(again.queues().run(app.connection(), channel));
  CHECK(again.remarks().size() == 1);  // low is a quorum one
}

TEST_CASE("topology: a queue that is neither classic nor quorum is refused by name") {
  NEEDS_BROKER();
  for (const QueueType type : {QueueType::Classic, QueueType::Quorum}) {
    for (const std::string queue : {"high", "dead"}) {
      CAPTURE(queue);
      TestApplication app;
      app.declare_by_hand(queue, "x-queue-type", "stream");
      const auto declared = declare(app.connection(), 1, app.topology({"high"}, type));
      REQUIRE(!declared);
      CHECK(declared.error().text.find("the queue '" + app.queue(queue) + "' is a stream") !=
            std::string::npos);
    }
  }
}

TEST_CASE("topology: a quorum queue of earlier versions, without dead lettering, is used") {
  NEEDS_BROKER();
  for (const QueueType type : {QueueType::Classic, QueueType::Quorum}) {
    TestApplication app;
    app.declare_by_hand("high", "x-delivery-limit", nullptr, 1000000);
    app.declare_by_hand("low", "x-delivery-limit", nullptr, 1000000);
    action::Declaration declaration(app.topology({"high", "low", "medium"}, type));
    const auto declared = declaration.queues().run(app.connection(), channel);
    if (!declared) FAIL(declared.error().text);
    CHECK(declaration.remarks().empty());
  }
}

TEST_CASE("topology: arguments that do no harm are used as they are") {
  NEEDS_BROKER();
  for (const Argument& argument :
       {Argument{nullptr, nullptr, 0}, Argument{"x-max-priority", nullptr, 5},
        Argument{"x-queue-mode", "lazy", 0}, Argument{"x-queue-type", "classic", 0},
        Argument{"x-queue-type", "quorum", 0}, Argument{"x-something-else", "x", 0}}) {
    CAPTURE(std::string(argument.name != nullptr ? argument.name : ""));
    for (const QueueType kind : {QueueType::Classic, QueueType::Quorum}) {
      CAPTURE(static_cast<int>(kind));
      TestApplication app;
      app.declare_by_hand("high", argument.name, argument.text, argument.number);
      const auto declared = declare(app.connection(), 1, app.topology({"high"}, kind));
      if (!declared) FAIL(declared.error().text);
      CHECK(app.ready("high") == 0);
    }
  }
}

TEST_CASE("topology: arguments by which events could be lost are refused by name") {
  NEEDS_BROKER();
  for (const Argument& argument :
       {Argument{"x-message-ttl", nullptr, 60000}, Argument{"x-max-length", nullptr, 10},
        Argument{"x-max-length-bytes", nullptr, 10}, Argument{"x-expires", nullptr, 60000},
        Argument{"x-dead-letter-exchange", "amq.direct", 0},
        Argument{"x-delivery-limit", nullptr, 5}}) {
    CAPTURE(std::string(argument.name != nullptr ? argument.name : ""));
    for (const QueueType kind : {QueueType::Classic, QueueType::Quorum}) {
      CAPTURE(static_cast<int>(kind));
      TestApplication app;
      app.declare_by_hand("high", argument.name, argument.text, argument.number);
      const auto declared = declare(app.connection(), 1, app.topology({"high"}, kind));
      REQUIRE(!declared);
      CHECK(declared.error().text.find(argument.name) != std::string::npos);
      CHECK(declared.error().text.find(app.queue("high")) != std::string::npos);
      CHECK(app.ready("high") == 0);  // the channel is usable
    }
  }
}

TEST_CASE("topology: a quorum queue with a limit that is never reached, or none, is used") {
  NEEDS_BROKER();
  for (const std::int64_t limit : {std::int64_t{1000000}, std::int64_t{5000000}}) {
    TestApplication app;
    app.declare_by_hand("high", "x-delivery-limit", nullptr, limit);
    const auto declared = declare(app.connection(), 1, app.topology({"high"}, QueueType::Classic));
    if (!declared) FAIL(declared.error().text);
  }
}

TEST_CASE("topology: a queue that does not outlive the broker is refused") {
  NEEDS_BROKER();
  TestApplication app;
  app.declare_by_hand("high", nullptr, nullptr, 0, false);
  const auto declared = declare(app.connection(), 1, app.topology({"high"}));
  REQUIRE(!declared);
  CHECK(declared.error().text.find("durable") != std::string::npos);
}

TEST_CASE("topology: an exchange of another type is refused, with a sentence") {
  NEEDS_BROKER();
  TestApplication app;
  amqp_exchange_declare(raw_calls(app.connection()), 1, action::to_bytes(app.name()),
                        amqp_cstring_bytes("fanout"), false, true, false, false, amqp_empty_table);
  REQUIRE(refusal_of(app.connection()) == "");
  const auto declared = declare(app.connection(), 1, app.topology({"high"}));
  REQUIRE(!declared);
  CHECK(declared.error().text.find("the exchange '" + app.name() + "'") != std::string::npos);
}

TEST_CASE("topology: a queue that is not there has no depth, and the channel stays usable") {
  NEEDS_BROKER();
  TestApplication app;
  const auto depth = action::queue_depth(app.connection(), 1, app.queue("high"));
  REQUIRE(!depth);
  CHECK(depth.error().text.find("404") != std::string::npos);
  app.declare_by_hand("high");
  CHECK(app.ready("high") == 0);
}

namespace {

void send(action::Connection& connection, const std::string& exchange) {
  REQUIRE(amqp_basic_publish(raw_calls(connection), 1, action::to_bytes(exchange),
                             amqp_cstring_bytes("x"), true, false, nullptr,
                             amqp_cstring_bytes("{}")) == AMQP_STATUS_OK);
}

}  // namespace

TEST_CASE(
    "topology: what is unroutable goes to a quorum queue, and the old one keeps what it has") {
  NEEDS_BROKER();
  DelayedApplication app;
  const std::string exchange = app.queue("delay.v1.unroutable");
  auto& connection = app.connection();
  // as earlier versions made it
  app.declare_by_hand("delay.v1.unroutable");
  amqp_exchange_declare(raw_calls(connection), 1, action::to_bytes(exchange),
                        amqp_cstring_bytes("fanout"), false, true, false, false, amqp_empty_table);
  amqp_queue_bind(raw_calls(connection), 1, action::to_bytes(exchange), action::to_bytes(exchange),
                  amqp_empty_bytes, amqp_empty_table);
  send(connection, exchange);
  action::Declaration declaration(app.topology({"high"}));
  REQUIRE(declaration.queues().delays().run(connection, channel));
  send(connection, exchange);
  CHECK(app.wait_for("delay.unroutable", 1));
  CHECK(app.ready("delay.v1.unroutable") == 1);
  action::Declaration again(app.topology({"high"}));
  REQUIRE(again.queues().delays().run(connection, channel));
  app.declare_by_hand("delay.unroutable", "x-delivery-limit", nullptr, 1000000);  // a quorum one
}

TEST_CASE("topology: where what is unroutable can't have a queue of its own, work goes on") {
  NEEDS_BROKER();
  DelayedApplication app;
  app.declare_by_hand("delay.unroutable", "x-max-length", nullptr, 1);
  action::Declaration declaration(app.topology({"high"}));
  REQUIRE(declaration.queues().delays().run(app.connection(), channel));
  send(app.connection(), app.queue("delay.v1.unroutable"));
  CHECK(app.wait_for("delay.v1.unroutable", 1));
}

TEST_CASE("topology: of what was declared before and is gone people are told, once") {
  NEEDS_BROKER();
  DelayedApplication app;
  const auto losses = [&] {
    action::Declaration declaration(app.topology({"high"}));
    REQUIRE(declaration.look().queues().delays().run(app.connection(), channel));
    return declaration.losses();
  };
  CHECK(losses().empty());  // nothing was there
  CHECK(losses().empty());
  for (const char* name : {"dead", "delay.v1.00", "delay.v1.27"}) {
    amqp_queue_delete(raw_calls(app.connection()), 1, action::to_bytes(app.queue(name)), false,
                      false);
    REQUIRE(refusal_of(app.connection()) == "");
  }
  // Whoever only queues has no one to tell.
  action::Client(test_broker(), {.application = app.name()})
      .queue_action_event("mail", {}, {.queue = "high"});
  CHECK(app.ready("high") == 1);
  const auto lost = losses();
  REQUIRE(lost.size() == 2);
  CHECK(lost[0].find("'" + app.queue("dead") + "' was gone") != std::string::npos);
  CHECK(lost[1].find("2 of the queues") == 0);
  CHECK(lost[1].find(app.queue("delay.v1.00")) != std::string::npos);
  CHECK(losses().empty());
}
