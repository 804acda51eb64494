#include "test_broker.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "../network/rabbit_ctl.hpp"
#include "../network/raw_calls.hpp"
#include "client/rabbitmq/amqp.hpp"
#include "client/rabbitmq/properties.hpp"

using action::to_bytes;

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

std::string test_broker() {
  return environment("ACTION_TEST_BROKER");
}

bool has_ctl() {
  return has_rabbit_ctl();
}

void ctl(const std::string& arguments) {
  REQUIRE(rabbit_ctl(arguments));
}

std::unique_ptr<action::Connection> connect_to_test_broker() {
  const auto url = action::parse_broker_url(test_broker());
  REQUIRE(url);
  auto connection = action::Connection::open(*url, "client_tests", std::chrono::seconds(10));
  if (!connection) FAIL(connection.error().text);
  REQUIRE((*connection)->open_channel(1));
  return std::move(*connection);
}

void cut_connections() {
  const int port = action::parse_broker_url(test_broker())->port;
  for (int fd = 3; fd < 256; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == port)
      ::shutdown(fd, SHUT_RDWR);
  }
}

TestApplication::TestApplication() {
  static int count = 0;
  name_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

TestApplication::~TestApplication() {
  connection_.reset();
  const auto state = raw_calls(connection());
  for (const char* queue : {"high", "medium", "low", "dead"})
    amqp_queue_delete(state, 1, to_bytes(this->queue(queue)), false, false);
  amqp_exchange_delete(state, 1, to_bytes(name_), false);
}

action::Connection& TestApplication::connection() {
  if (connection_ == nullptr || !connection_->is_open()) connection_ = connect_to_test_broker();
  return *connection_;
}

void TestApplication::declare_by_hand(const std::string& queue, const char* argument,
                                      const char* text, std::int64_t number, bool durable) {
  amqp_table_entry_t entries[2] = {};
  int count = 0;
  if (argument != nullptr) {
    auto& entry = entries[count++];
    entry.key = amqp_cstring_bytes(argument);
    entry.value.kind = text != nullptr ? AMQP_FIELD_KIND_UTF8 : AMQP_FIELD_KIND_I64;
    if (text != nullptr)
      entry.value.value.bytes = amqp_cstring_bytes(text);
    else
      entry.value.value.i64 = number;
  }
  if (argument != nullptr && std::string_view(argument) == "x-delivery-limit") {
    entries[count].key = amqp_cstring_bytes("x-queue-type");
    entries[count].value.kind = AMQP_FIELD_KIND_UTF8;
    entries[count++].value.value.bytes = amqp_cstring_bytes("quorum");
  }
  amqp_queue_declare(raw_calls(connection()), 1, to_bytes(this->queue(queue)), false, durable,
                     false, false, {count, entries});
  REQUIRE(refusal_of(connection()) == "");
}

void TestApplication::delete_queue(const std::string& queue) {
  amqp_queue_delete(raw_calls(connection()), 1, to_bytes(this->queue(queue)), false, false);
  REQUIRE(refusal_of(connection()) == "");
}

std::uint32_t TestApplication::ready(const std::string& queue) {
  const auto depth = action::queue_depth(connection(), 1, this->queue(queue));
  if (!depth) FAIL(depth.error().text);
  return depth->messages;
}

std::optional<action::Message> TestApplication::take(const std::string& queue) {
  const auto state = raw_calls(connection());
  const auto reply = amqp_basic_get(state, 1, to_bytes(this->queue(queue)), true);
  REQUIRE(reply.reply_type == AMQP_RESPONSE_NORMAL);
  if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
  amqp_frame_t header;
  REQUIRE(amqp_simple_wait_frame(state, &header) == AMQP_STATUS_OK);
  action::Message message;
  const auto& properties = header.payload.properties;
  action::read_properties(*static_cast<const amqp_basic_properties_t*>(properties.decoded),
                          properties.raw, message);
  while (message.body.size() < properties.body_size) {
    amqp_frame_t body;
    REQUIRE(amqp_simple_wait_frame(state, &body) == AMQP_STATUS_OK);
    message.body += action::to_string(body.payload.body_fragment);
  }
  return message;
}
