#include "client/rabbitmq/properties.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <map>

#include "properties_scene.hpp"

using namespace properties_scene;

TEST_CASE("properties: a new event is persistent JSON with its name, id, time and sender") {
  PropertiesBuilder builder;
  const Message message = event();
  const auto& properties = builder.build(message);
  CHECK(properties.delivery_mode == 2);
  CHECK(to_string(properties.content_type) == "application/json");
  CHECK(to_string(properties.type) == "send_email");
  CHECK(to_string(properties.message_id) == "id-1");
  CHECK(to_string(properties.app_id) == "shop");
  CHECK(properties.timestamp == 1700000000);
  CHECK((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0);
  const Message again = received(properties);
  CHECK(again.event == "send_email");
  CHECK(again.id == "id-1");
  CHECK(again.enqueued_at_s == 1700000000);
  CHECK(again.trail.attempt == 1);
}

TEST_CASE("properties: the trail is written and read again") {
  Message message = event();
  message.trail = {.attempt = 3,
                   .queue = "high",
                   .error = "it broke",
                   .poller = "host/2",
                   .plugin = "mail.so 1a2b",
                   .backtrace = "one\ntwo",
                   .first_failed_at_ms = 1700000000123,
                   .failed_at_ms = 1700000000456,
                   .unknown_since_ms = 1700000000789,
                   .due_at_ms = 1800000000789,
                   .queued_at_ms = 1700000000999,
                   .expires_at_ms = 1700000001999,
                   .interrupted = 2,
                   .is_early = true};
  PropertiesBuilder builder;
  const action::Trail trail = received(builder.build(message)).trail;
  CHECK(trail.attempt == 3);
  CHECK(trail.queued_at_ms == 1700000000999);
  CHECK(trail.expires_at_ms == 1700000001999);
  CHECK(trail.queue == "high");
  CHECK(trail.error == "it broke");
  CHECK(trail.poller == "host/2");
  CHECK(trail.plugin == "mail.so 1a2b");
  CHECK(trail.backtrace == "one\ntwo");
  CHECK(trail.first_failed_at_ms == 1700000000123);
  CHECK(trail.failed_at_ms == 1700000000456);
  CHECK(trail.unknown_since_ms == 1700000000789);
  CHECK(trail.due_at_ms == 1800000000789);
  CHECK(trail.interrupted == 2);
  CHECK(trail.is_early);
}

TEST_CASE("properties: a trace replaces the one that the message came with; no trace is kept") {
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Message message = event();
  message.trace_parent = parent;
  message.trace_state = "rojo=1";
  PropertiesBuilder builder;
  Message again = received(builder.build(message));
  CHECK(again.trace_parent == parent);
  CHECK(again.trace_state == "rojo=1");
  const std::string next = "00-0af7651916cd43dd8448eb211c80319c-1111111111111111-01";
  again.trace_parent = next;
  again.trace_state.clear();
  PropertiesBuilder other;
  const Message last = received(other.build(again));
  CHECK(last.trace_parent == next);
  CHECK(last.trace_state.empty());
  message.trace_parent = "nonsense";
  CHECK(received(builder.build(message)).trace_parent.empty());
  CHECK(received(builder.build(message)).trace_state.empty());
}

TEST_CASE("properties: a trail that is read again replaces the old one") {
  Message message = event();
  message.trail = {2, "high", "first", "host/1", {}, {}, 1, 2, 0, 0};
  PropertiesBuilder builder;
  Message again = received(builder.build(message));
  again.trail.attempt = 3;
  again.trail.error = "second";
  const auto& properties = builder.build(again);
  CHECK(names(properties).size() == 6);
  CHECK(received(properties).trail.attempt == 3);
  CHECK(received(properties).trail.error == "second");
}

TEST_CASE("properties: what a sender set is sent on as it was") {
  amqp_basic_properties_t sent{};
  std::vector headers{text_entry("tenant", "acme"), integer_entry("priority-class", 7)};
  sent._flags = AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_CORRELATION_ID_FLAG | AMQP_BASIC_APP_ID_FLAG |
                AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_PRIORITY_FLAG | AMQP_BASIC_REPLY_TO_FLAG;
  sent.headers = {2, headers.data()};
  sent.correlation_id = amqp_cstring_bytes("c-1");
  sent.app_id = amqp_cstring_bytes("php");
  sent.content_type = amqp_cstring_bytes("text/json");
  sent.priority = 4;
  sent.reply_to = amqp_cstring_bytes("answers");
  const Message message = received(sent);
  PropertiesBuilder builder;
  const auto& properties = builder.build(message);
  CHECK(to_string(properties.correlation_id) == "c-1");
  CHECK(to_string(properties.app_id) == "php");
  CHECK(to_string(properties.content_type) == "text/json");
  CHECK(to_string(properties.reply_to) == "answers");
  CHECK(properties.priority == 4);
  CHECK(names(properties) == std::vector<std::string>{"tenant", "priority-class"});
  CHECK(properties.delivery_mode == 2);
}

TEST_CASE("properties: the broker's notes of expiry and delivery are not sent again") {
  const Message message =
      received_with({text_entry("x-death", "x"), text_entry("x-first-death-queue", "q"),
                     text_entry("x-last-death-reason", "r"), integer_entry("x-delivery-count", 3),
                     integer_entry("x-acquired-count", 3), text_entry("tenant", "acme")});
  PropertiesBuilder builder;
  CHECK(names(builder.build(message)) == std::vector<std::string>{"tenant"});
  CHECK(message.returned == 3);
  CHECK(received_with({text_entry("x-delivery-count", "many")}).returned == 0);
  CHECK(received_with({integer_entry("x-delivery-count", -1)}).returned == 0);
}

TEST_CASE("properties: what would expire, refuse or copy a message is not sent again") {
  amqp_basic_properties_t sent{};
  std::vector headers{text_entry("CC", "low"), text_entry("BCC", "low")};
  sent._flags = AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_USER_ID_FLAG | AMQP_BASIC_HEADERS_FLAG;
  sent.expiration = amqp_cstring_bytes("1000");
  sent.user_id = amqp_cstring_bytes("ann");
  sent.headers = {2, headers.data()};
  const Message message = received(sent);
  PropertiesBuilder builder;
  const auto& properties = builder.build(message);
  CHECK((properties._flags &
         (AMQP_BASIC_EXPIRATION_FLAG | AMQP_BASIC_USER_ID_FLAG | AMQP_BASIC_HEADERS_FLAG)) == 0);
}

TEST_CASE("properties: headers that make no sense read as absent") {
  constexpr auto huge = std::numeric_limits<std::int64_t>::max();
  for (const auto& header :
       {text_entry("x-action-attempt", "many"), integer_entry("x-action-attempt", -5),
        integer_entry("x-action-attempt", 0), integer_entry("x-action-attempt", huge),
        integer_entry("x-action-attempt", std::int64_t{1} << 32),
        integer_entry("x-action-failed-at", huge), integer_entry("x-action-failed-at", -1),
        text_entry("x-action-first-failed-at", "now"), integer_entry("x-action-error", 7),
        text_entry("x-action-", "x"), integer_entry("x-action-due-at", huge),
        integer_entry("x-action-due-at", -1), text_entry("x-action-due-at", "soon"),
        text_entry("x-action-colour", "red")}) {
    const action::Trail trail = received_with({header}).trail;
    CHECK(trail.attempt == 1);
    CHECK(trail.failed_at_ms == 0);
    CHECK(trail.first_failed_at_ms == 0);
    CHECK(trail.due_at_ms == 0);
    CHECK(trail.error.empty());
  }
}

TEST_CASE("properties: a timestamp that no clock shows reads as absent") {
  amqp_basic_properties_t sent{};
  sent._flags = AMQP_BASIC_TIMESTAMP_FLAG;
  for (std::uint64_t time : {std::uint64_t{253402300800}, ~std::uint64_t{0}}) {
    sent.timestamp = time;
    CHECK(received(sent).enqueued_at_s == 0);
  }
}

TEST_CASE("properties: what can't be decoded is dropped, and the event is sent without it") {
  Message message = event();
  for (const std::string& raw :
       {std::string("x"), std::string("\xff\xff\xff"), std::string(64, '\xff')}) {
    message.properties = raw;
    PropertiesBuilder builder;
    CHECK(to_string(builder.build(message).type) == "send_email");
  }
}
