#include "client/rabbitmq/connection.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>

#include "../../network/rabbit_ctl.hpp"
#include "../test_broker.hpp"
#include "client/rabbitmq/publisher.hpp"

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

// Takes connections, and says nothing.
class MutePort {
 public:
  MutePort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 4);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    number_ = ntohs(address.sin_port);
  }
  ~MutePort() { ::close(fd_); }
  MutePort(const MutePort&) = delete;
  MutePort& operator=(const MutePort&) = delete;
  int number() const { return number_; }

 private:
  int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int number_ = 0;
};

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

TEST_CASE("connection: a broker that says nothing is given up in time, with TLS and without") {
  const MutePort mute;
  action::BrokerUrl url;
  url.port = mute.number();
  url.verify = false;
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    url.tls = tls;
    const auto began = std::chrono::steady_clock::now();
    const auto connection = Connection::open(url, "client_tests", milliseconds(300));
    REQUIRE(!connection);
    CHECK(connection.error().text.find(tls ? "can't agree on TLS" : "login at") == 0);
    CHECK(std::chrono::steady_clock::now() - began < seconds(5));
  }
}

TEST_CASE("connection: what a broker in alarm does not read waits here, and nobody waits for it") {
  NEEDS_CTL();
  TestApplication app;
  REQUIRE(action::declare(app.connection(), 1, app.topology({"high"})));
  auto connection = connect_to_test_broker();
  std::size_t confirmed = 0;
  auto publisher = action::Publisher::open(
      *connection, 1, [&](std::uint64_t, const auto& taken) { confirmed += taken ? 1 : 0; });
  REQUIRE(publisher);
  action::Message message;
  message.event = "send_email";
  message.body.assign(4 << 20, 'x');
  std::size_t published = 0;
  {
    MemoryAlarm alarm;
    alarm.raise();
    const auto until = std::chrono::steady_clock::now() + seconds(20);
    // The kernel takes some megabytes; a call that waited would never come back.
    while ((*publisher)->has_room() && std::chrono::steady_clock::now() < until) {
      message.id = std::to_string(++published);
      REQUIRE((*publisher)->publish(app.name(), "high", message));
      REQUIRE((*publisher)->poll());
    }
    CHECK(connection->unsent() > 0);
    CHECK_FALSE((*publisher)->has_room());
    CHECK(confirmed == 0);
  }
  const auto until = std::chrono::steady_clock::now() + seconds(60);
  while (confirmed < published && std::chrono::steady_clock::now() < until)
    REQUIRE((*publisher)->wait(milliseconds(100)));
  CHECK(confirmed == published);
  CHECK(connection->unsent() == 0);
  CHECK(app.ready("high") == published);
}

TEST_CASE("connection: heartbeats go out by themselves, and the broker's are heard") {
  NEEDS_BROKER();
  auto url = test_url();
  url.heartbeat = seconds(1);
  auto connection = Connection::open(url, "client_tests", seconds(10));
  REQUIRE(connection);
  amqp_frame_t frame;
  const std::clock_t began = std::clock();
  // Without them the broker would be gone after two seconds.
  CHECK((*connection)->next_frame(frame, milliseconds(4500)).value() == false);
  CHECK(std::clock() - began < CLOCKS_PER_SEC / 4);  // it slept in between
  CHECK((*connection)->open_channel(1));
}

TEST_CASE("connection: headers that the broker made larger than a frame are received") {
  NEEDS_BROKER();
  TestApplication application;
  auto& connection = application.connection();
  std::vector<action::Step> steps{{action::StepKind::Queue, application.queue("target")},
                                  {action::StepKind::Queue, application.queue("first")}};
  steps[1].arguments = {{"x-message-ttl", std::int64_t{1}},
                        {"x-dead-letter-exchange", std::string()},
                        {"x-dead-letter-routing-key", application.queue("target")}};
  amqp_channel_t channel = 1;
  REQUIRE(action::carry_out(
      connection, channel, steps,
      [](auto&, const action::CloseReason& why) -> action::Result<action::Refused> {
        return action::Error{why.text};
      }));
  const std::string pad(connection.frame_max() - 60, 'x');
  amqp_table_entry_t header{amqp_cstring_bytes("pad"), {AMQP_FIELD_KIND_UTF8, {}}};
  header.value.value.bytes = action::to_bytes(pad);
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  properties.headers = {1, &header};
  const std::string first = application.queue("first");
  amqp_basic_publish_t publish{0, amqp_empty_bytes, action::to_bytes(first), false, false};
  REQUIRE(connection.publish(1, publish, properties, "body"));
  std::optional<action::Message> message;
  const auto until = std::chrono::steady_clock::now() + seconds(10);
  while (!message && std::chrono::steady_clock::now() < until) message = application.take("target");
  CHECK(message->body == "body");
  CHECK(message->properties.size() > connection.frame_max());
  for (const char* queue : {"first", "target"}) application.delete_queue(queue);
}

TEST_CASE("connection: properties that fit into no frame are refused, and it goes on") {
  NEEDS_BROKER();
  auto connection = connect_to_test_broker();
  const std::string large(200000, 'x');
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_HEADERS_FLAG;
  amqp_table_entry_t entry{};
  entry.key = amqp_cstring_bytes("large");
  entry.value.kind = AMQP_FIELD_KIND_UTF8;
  entry.value.value.bytes = action::to_bytes(large);
  properties.headers = {1, &entry};
  amqp_basic_publish_t method{0, amqp_empty_bytes, amqp_cstring_bytes("nowhere"), false, false};
  const auto sent = connection->publish(1, method, properties, "{}");
  REQUIRE(!sent);
  CHECK(sent.error().fault == action::Fault::Lasting);
  CHECK(connection->is_open());
  CHECK(connection->open_channel(2));
}
