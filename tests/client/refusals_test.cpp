// What a client refuses before it talks to a broker.
#include <action/client.hpp>

#include "test_broker.hpp"

using action::Client;
using action::ClientError;
using nlohmann::json;

namespace {

constexpr const char* kNowhere = "amqp://ann:s3cret@127.0.0.1:1";

template <typename Call>
std::string refusal(Call call) {
  try {
    call();
  } catch (const ClientError& error) {
    const std::string text = error.what();
    CHECK(text.find("s3cret") == std::string::npos);
    return text;
  }
  FAIL("nothing was refused");
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("client: a URL or an option that is wrong is refused before anything is sent") {
  CHECK(contains(refusal([] { Client(""); }), "URL"));
  CHECK(contains(refusal([] { Client("http://ann:s3cret@h"); }), "amqp://"));
  CHECK(contains(refusal([] { Client("amqp://h amqp://ann:s3cret@h:x"); }), "port"));
  CHECK(contains(refusal([] { Client(kNowhere, {.application = "my shop"}); }), "'my shop'"));
  CHECK(contains(refusal([] { Client(kNowhere, {.application = ""}); }), "application"));
  CHECK(contains(refusal([] { Client(kNowhere, {.default_queue = "dead"}); }), "'dead'"));
  CHECK(contains(refusal([] { Client(kNowhere, {.timeout = std::chrono::seconds(0)}); }), "ms"));
  CHECK(contains(refusal([] { Client(kNowhere, {.window = 0}); }), "window"));
}

TEST_CASE("client: names that nothing can have are refused, and shown printable") {
  Client client(kNowhere);
  for (const std::string& name :
       {std::string(), std::string("send email"), std::string("SendEmail"), std::string("a\nb"),
        std::string(256, 'x')})
    CHECK(contains(refusal([&] { client.queue_action_event(name); }), "name of an event"));
  for (const char* queue : {"hi gh", "a.b", "dead", "delay", "delay_1", "#", "\xff"})
    CHECK(contains(refusal([&] { client.post("send_email", {}, {.queue = queue}); }),
                   "name of a queue"));
  CHECK(contains(refusal([&] { client.post("a\nb"); }), "'a?b'"));
}

TEST_CASE("client: params that are no object are refused, with their type") {
  Client client(kNowhere);
  CHECK(contains(refusal([&] { client.post("send_email", json::array({1})); }), "array"));
  CHECK(contains(refusal([&] { client.post("send_email", "text"); }), "string"));
  CHECK(contains(refusal([&] { client.post("send_email", 7); }), "number"));
  CHECK(contains(refusal([&] { client.post("send_email", {{"to", "\xff"}}); }), "JSON"));
}

TEST_CASE("client: without a broker queueing fails at once, with the address and the event's id") {
  Client client(kNowhere);
  try {
    client.queue_action_event("send_email");
    FAIL("nothing was refused");
  } catch (const ClientError& error) {
    CHECK(contains(error.what(), "127.0.0.1:1"));
    CHECK(contains(error.what(), "send_email"));
    CHECK(error.ids().size() == 1);
  }
  CHECK(client.unconfirmed() == 0);
  client.flush();
}

TEST_CASE("client: of several brokers that do not answer each is told") {
  Client client("amqp://127.0.0.1:1 amqp://127.0.0.1:2");
  const std::string text = refusal([&] { client.queue_action_event("send_email"); });
  CHECK(contains(text, "127.0.0.1:1"));
  CHECK(contains(text, "127.0.0.1:2"));
}
