#include <action/client.hpp>
#include <ctime>
#include <set>

#include "client/rabbitmq/properties.hpp"
#include "test_broker.hpp"

using action::Client;
using action::ClientError;
using nlohmann::json;

TEST_CASE("client: an event can be queued before any poller ever ran") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  const std::string id =
      client.queue_action_event("send_email", {{"to", "ann@example.com"}}, {.queue = "high"});
  CHECK(id.size() == 36);
  const auto message = app.take("high");
  REQUIRE(message);
  CHECK(message->event == "send_email");
  CHECK(message->id == id);
  CHECK(json::parse(message->body) == json{{"to", "ann@example.com"}});
  CHECK(std::abs(message->enqueued_at_s - std::time(nullptr)) < 60);
}

TEST_CASE("client: an event is persistent JSON and says who sent it") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  client.queue_action_event("send_email");
  const auto message = app.take("medium");
  REQUIRE(message);
  CHECK(message->body == "{}");
  amqp_pool_t pool;
  init_amqp_pool(&pool, 4096);
  void* decoded = nullptr;
  REQUIRE(amqp_decode_properties(AMQP_BASIC_CLASS, &pool, action::to_bytes(message->properties),
                                 &decoded) == AMQP_STATUS_OK);
  const auto& properties = *static_cast<const amqp_basic_properties_t*>(decoded);
  CHECK(properties.delivery_mode == 2);
  CHECK(action::to_string(properties.content_type) == "application/json");
  CHECK(action::to_string(properties.app_id) == "client_tests");
  empty_amqp_pool(&pool);
}

TEST_CASE("client: events without a queue go to the default one") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name(), .default_queue = "low"});
  client.queue_action_event("send_email", nullptr);
  client.post("send_email", {{"n", 1}}, {.queue = "high"});
  client.flush();
  CHECK(app.ready("low") == 1);
  CHECK(app.ready("high") == 1);
}

TEST_CASE("client: a quorum queue is declared if asked for") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(),
                {.application = app.name(), .queue_type = action::QueueType::Quorum});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  action::Declaration declaration(app.topology({"high"}, action::QueueType::Quorum));
  amqp_channel_t channel = 1;
  REQUIRE(declaration.queues().run(app.connection(), channel));
  CHECK(declaration.remarks().empty());  // it has one to make of a classic queue
}

TEST_CASE("client: ten thousand posted events are all there after flush, each with its own id") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name(), .window = 500});
  std::set<std::string> ids;
  std::size_t most = 0;
  for (int i = 0; i < 10000; ++i) {
    ids.insert(client.post("send_email", {{"n", i}}, {.queue = "high"}));
    most = std::max(most, client.unconfirmed());
  }
  client.flush();
  CHECK(client.unconfirmed() == 0);
  CHECK(most <= 500);
  CHECK(ids.size() == 10000);
  CHECK(app.ready("high") == 10000);
}

TEST_CASE("client: what was posted is confirmed when the client is destroyed") {
  NEEDS_BROKER();
  TestApplication app;
  {
    Client client(test_broker(), {.application = app.name()});
    for (int i = 0; i < 300; ++i) client.post("send_email", {{"n", i}}, {.queue = "high"});
  }
  CHECK(app.ready("high") == 300);
}

TEST_CASE("client: a queue that was deleted is an error that names it, and is made again") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  app.delete_queue("high");
  try {
    client.queue_action_event("send_email", {}, {.queue = "high"});
    FAIL("an event without a queue was taken");
  } catch (const ClientError& error) {
    CHECK(std::string(error.what()).find("'high'") != std::string::npos);
    CHECK(error.ids().size() == 1);
  }
  client.queue_action_event("send_email", {}, {.queue = "high"});
  CHECK(app.ready("high") == 1);
}

TEST_CASE("client: flush tells how many were not taken, and which, once") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  client.queue_action_event("send_email", {}, {.queue = "low"});
  app.delete_queue("high");
  std::vector<std::string> lost;
  for (int i = 0; i < 5; ++i) {
    lost.push_back(client.post("send_email", {}, {.queue = "high"}));
    client.post("send_email", {}, {.queue = "low"});
  }
  try {
    client.flush();
    FAIL("events without a queue were taken");
  } catch (const ClientError& error) {
    const std::string text = error.what();
    CAPTURE(text);
    CHECK(error.ids() == lost);
    CHECK(text.find("5 events were not taken") != std::string::npos);
    CHECK(text.find(lost[0]) != std::string::npos);
    CHECK(text.find("and 2 more") != std::string::npos);
  }
  client.flush();
  CHECK(app.ready("low") == 6);
}

TEST_CASE("client: a queue by which events could be lost is refused, and others go on") {
  NEEDS_BROKER();
  TestApplication app;
  app.declare_by_hand("high", "x-message-ttl", nullptr, 60000);
  Client client(test_broker(), {.application = app.name()});
  client.post("send_email", {}, {.queue = "low"});
  try {
    client.queue_action_event("send_email", {}, {.queue = "high"});
    FAIL("a queue that forgets was used");
  } catch (const ClientError& error) {
    CHECK(std::string(error.what()).find("x-message-ttl") != std::string::npos);
  }
  client.flush();
  CHECK(app.ready("low") == 1);
  CHECK(app.ready("high") == 0);
}

TEST_CASE("client: the first broker that answers is used") {
  NEEDS_BROKER();
  TestApplication app;
  Client client("amqp://127.0.0.1:1 " + test_broker(), {.application = app.name()});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  CHECK(app.ready("high") == 1);
}

TEST_CASE("client: a client can be moved, with what it has posted") {
  NEEDS_BROKER();
  TestApplication app;
  Client first(test_broker(), {.application = app.name()});
  first.post("send_email", {}, {.queue = "high"});
  Client second = std::move(first);
  second.post("send_email", {}, {.queue = "high"});
  second.flush();
  CHECK(app.ready("high") == 2);
}
