#include "client/rabbitmq/connection.hpp"

#include "../test_broker.hpp"

using action::Connection;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::string refusal(const action::BrokerUrl& url) {
  const auto connection = Connection::open(url, "client_tests", seconds(10));
  REQUIRE(!connection);
  return connection.error().text;
}

action::BrokerUrl test_url() {
  return action::parse_broker_url(test_broker()).value();
}

}  // namespace

TEST_CASE("connection: a refused login is told without the password") {
  NEEDS_BROKER();
  auto url = test_url();
  url.password = "s3cret";
  const std::string text = refusal(url);
  CHECK(text.find("refused the login of user '" + url.user + "'") != std::string::npos);
  CHECK(text.find("s3cret") == std::string::npos);
}

TEST_CASE("connection: an unknown virtual host is named, without the password") {
  NEEDS_BROKER();
  auto url = test_url();
  url.vhost = "nowhere";
  const std::string text = refusal(url);
  CHECK(text.find("'nowhere'") != std::string::npos);
  CHECK(text.find(":" + url.password) == std::string::npos);
}

TEST_CASE("connection: a port where nobody listens is told at once") {
  action::BrokerUrl url;
  url.port = 1;
  CHECK(refusal(url).find("127.0.0.1:1") != std::string::npos);
}

TEST_CASE("connection: a host without an address is told") {
  action::BrokerUrl url;
  url.host = "no-such-host.invalid";
  CHECK(refusal(url).find("no-such-host.invalid") != std::string::npos);
}

TEST_CASE("connection: certificates that can't be read are named") {
  action::BrokerUrl url;
  url.tls = true;
  url.ca_file = "/nowhere/ca.pem";
  CHECK(refusal(url).find("/nowhere/ca.pem") != std::string::npos);
}

TEST_CASE("connection: plain AMQP does not answer to TLS, and that is told") {
  NEEDS_BROKER();
  auto url = test_url();
  url.tls = true;
  url.verify = false;
  CHECK(refusal(url).find(std::to_string(url.port)) != std::string::npos);
}

TEST_CASE("connection: without a frame the reader is told so, after the wait it asked for") {
  NEEDS_BROKER();
  auto connection = connect_to_test_broker();
  amqp_frame_t frame;
  CHECK(connection->next_frame(frame).value() == false);
  CHECK(connection->next_frame(frame, milliseconds(-5)).value() == false);
  CHECK(connection->next_frame(frame, milliseconds(20)).value() == false);
  CHECK(connection->is_open());
}

TEST_CASE("connection: frames of other channels wait for whoever asks for theirs") {
  NEEDS_BROKER();
  auto connection = connect_to_test_broker();
  for (amqp_channel_t channel = 2; channel <= 40; ++channel)
    REQUIRE(connection->begin_channel(channel));
  for (amqp_channel_t channel = 40; channel >= 2; --channel)
    CHECK(connection->await_channel(channel));
}

TEST_CASE("connection: it knows the broker's version, and is over after a goodbye") {
  NEEDS_BROKER();
  auto connection = connect_to_test_broker();
  CHECK(connection->server_major() >= 3);
  CHECK(connection->close());
  CHECK(!connection->is_open());
}
