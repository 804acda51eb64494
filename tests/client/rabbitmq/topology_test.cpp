#include "client/rabbitmq/topology.hpp"

#include "../test_broker.hpp"

using action::declare;
using action::QueueKind;

namespace {

struct Argument {
  const char* name;
  const char* text;
  std::int64_t number;
};

}  // namespace

TEST_CASE("topology: queues are <application>.<name>, dead letters <application>.dead") {
  const action::Topology topology{"shop", {"high"}, QueueKind::Classic};
  CHECK(topology.queue("high") == "shop.high");
  CHECK(topology.dead() == "shop.dead");
}

TEST_CASE("topology: declaring makes exchange, queues and dead letters, and does so twice") {
  NEEDS_BROKER();
  for (const QueueKind kind : {QueueKind::Classic, QueueKind::Quorum}) {
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
    const auto first = is_quorum_first ? QueueKind::Quorum : QueueKind::Classic;
    const auto second = is_quorum_first ? QueueKind::Classic : QueueKind::Quorum;
    REQUIRE(declare(app.connection(), 1, app.topology({"high"}, first)));
    const auto declared = declare(app.connection(), 1, app.topology({"high"}, second));
    if (!declared) FAIL(declared.error().text);
  }
}

TEST_CASE("topology: arguments that do no harm are used as they are") {
  NEEDS_BROKER();
  for (const Argument& argument :
       {Argument{nullptr, nullptr, 0}, Argument{"x-max-priority", nullptr, 5},
        Argument{"x-queue-mode", "lazy", 0}, Argument{"x-queue-type", "classic", 0},
        Argument{"x-queue-type", "quorum", 0}, Argument{"x-something-else", "x", 0}}) {
    CAPTURE(std::string(argument.name != nullptr ? argument.name : ""));
    for (const QueueKind kind : {QueueKind::Classic, QueueKind::Quorum}) {
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
    for (const QueueKind kind : {QueueKind::Classic, QueueKind::Quorum}) {
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
    const auto declared = declare(app.connection(), 1, app.topology({"high"}, QueueKind::Classic));
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
  amqp_exchange_declare(app.connection().raw(), 1, action::to_bytes(app.name()),
                        amqp_cstring_bytes("fanout"), false, true, false, false, amqp_empty_table);
  REQUIRE(app.connection().check_rpc("declaring by hand"));
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
