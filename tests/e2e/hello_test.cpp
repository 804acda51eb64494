// An event from every kind of program to a handler.
#include <action/client.hpp>

#include "site.hpp"

namespace {

// Publishes as the README tells Python programmers to.
const char* kPika = R"(
import pika, sys
connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.confirm_delivery()
channel.basic_publish(
    exchange=sys.argv[2], routing_key='high', body='{"name": "Python"}', mandatory=True,
    properties=pika.BasicProperties(type='hello_world', content_type='application/json', delivery_mode=2))
connection.close()
)";

Ran python(Site& site, const std::vector<std::string>& words) {
  std::vector<std::string> command{"/usr/bin/python3", "-c"};
  command.insert(command.end(), words.begin(), words.end());
  return Process(command, site.path("output/python")).wait();
}

}  // namespace

TEST_CASE("hello: a C++ program queues an event by the client library") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  site.start();
  action::Client client(test_broker(), {.application = rabbit::application()});
  const auto id = client.queue_action_event("hello_world", {{"name", "Ada"}}, {.queue = "high"});
  CHECK(site.wait_for_log("Finished processing high:hello_world id=" + id));
  CHECK(site.wait_for_log("hello Ada"));
  CHECK(site.wait_for_log("Processing high:hello_world"));
}

TEST_CASE("hello: a shell queues an event by the command line") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  site.start();
  const Ran ran = site.actiond({"enqueue", "hello_world", "name=Grace"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  REQUIRE(ran.out.size() == 37);
  CHECK(site.wait_for_log("Finished processing medium:hello_world id=" + ran.out.substr(0, 36)));
  CHECK(site.wait_for_log("hello Grace"));
}

TEST_CASE("hello: a Python program queues an event, and it is given an id") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  if (python(site, {"import pika"}).status != 0)
    SKIP_TEST("/usr/bin/python3 has no pika; on Debian: apt-get install python3-pika");
  site.start();
  const Ran ran = python(site, {kPika, test_broker(), rabbit::application()});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  CHECK(site.wait_for_log("Finished processing high:hello_world id="));
  CHECK(site.wait_for_log("hello Python"));
}

TEST_CASE("hello: a plugin in plain C handles an event") {
  NEEDS_BROKER();
  Site site("", {"plain_c"});
  site.start();
  rabbit::queue("hello_c", R"({"n":1})");
  CHECK(site.wait_for_log("Finished processing medium:hello_c"));
  CHECK(site.wait_for_log(R"(hello from C, attempt 1: {"n":1})"));
}

TEST_CASE("hello: a message with an empty body has no params") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  site.start();
  rabbit::publish("low", {.type = "hello_world", .body = ""});
  CHECK(site.wait_for_log("Finished processing low:hello_world"));
  CHECK(site.wait_for_log("hello world"));
}
