// Events that fail without harm to anybody else: they end as dead letters that tell why.
#include <unistd.h>

#include "site.hpp"

namespace {

struct BadMessage {
  const char* what;
  RawMessage message;
  const char* reason;
};

RawMessage message(std::optional<std::string> type, const std::string& body) {
  return {.type = std::move(type), .body = body, .message_id = "id-1", .headers = {}};
}

std::string host_name() {
  char name[256] = {};
  REQUIRE(::gethostname(name, sizeof name - 1) == 0);
  return name;
}

}  // namespace

TEST_CASE("failure: an exception makes a dead letter with what it said") {
  NEEDS_BROKER();
  Site site("", {"throws", "throws_int", "discarder", "recorder"});
  site.start();
  rabbit::queue("throws", R"({"what": "no such account"})", "high");
  auto dead = rabbit::dead_letters();
  CHECK(dead[0].header("x-action-error") == "no such account");
  CHECK(dead[0].header("x-action-queue") == "high");
  CHECK(dead[0].type == "throws");
  CHECK(site.wait_for_log("Error processing high:throws"));

  rabbit::queue("discarder", R"({"why": "nobody wants it"})");
  CHECK(contains(rabbit::dead_letters()[0].header("x-action-error"), "nobody wants it"));
  rabbit::queue("throws_int");
  CHECK(rabbit::dead_letters()[0].header("x-action-error") ==
        "threw something that is not a std::exception: int");
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE("failure: what can't be an event is kept as a dead letter with the reason") {
  NEEDS_BROKER();
  Site site("unknown_event_ttl: 0s", {"hello_world"});
  site.start();
  for (const BadMessage& bad :
       {BadMessage{"no type", message(std::nullopt, "{}"), "no type"},
        BadMessage{"no JSON", message("hello_world", "name=Ada"), "not a JSON object"},
        BadMessage{"an array", message("hello_world", "[1, 2]"), "not a JSON object"},
        BadMessage{"two objects", message("hello_world", "{} {}"), "not a JSON object"},
        BadMessage{"no text", message("hello_world", std::string("{\"a\": \"\xff\0\"}", 11)),
                   "not a JSON object"},
        BadMessage{"an unknown event", message("hello_wrld", "{}"), "hello_wrld"}}) {
    CAPTURE(bad.what);
    rabbit::publish("medium", bad.message);
    const auto dead = rabbit::dead_letters();
    CHECK(contains(dead[0].header("x-action-error"), bad.reason));
    CHECK(dead[0].body == bad.message.body);
    CHECK(dead[0].type == bad.message.type);
    CHECK(dead[0].message_id == "id-1");
  }
  rabbit::queue("hello_world");
  CHECK(site.wait_for_log("Finished processing medium:hello_world"));
}

TEST_CASE("failure: a dead letter keeps the body, the type, the id and the sender's headers") {
  NEEDS_BROKER();
  Site site("", {"throws"});
  site.start();
  RawMessage sent = message("throws", "{\"what\" : \"x\",\n \"n\": 1.0}");
  sent.headers = {{"tenant", "blue"}, {"traceparent", "00-1-2-01"}};
  rabbit::publish("low", sent);
  const auto dead = rabbit::dead_letters();
  CHECK(dead[0].body == sent.body);
  CHECK(dead[0].type == sent.type);
  CHECK(dead[0].message_id == sent.message_id);
  CHECK(dead[0].header("tenant") == "blue");
  CHECK(dead[0].header("traceparent") == "00-1-2-01");
  CHECK(dead[0].header("x-action-queue") == "low");
  CHECK(dead[0].header("x-action-poller") == host_name() + "/1");
  CHECK(std::stoll(dead[0].header("x-action-failed-at")) > 0);
}

TEST_CASE("failure: a message of a megabyte goes the whole way, and into a dead letter") {
  NEEDS_BROKER();
  Site site("", {"recorder", "throws"});
  site.start();
  const std::string text(1 << 20, 'x');
  rabbit::queue("record", site.params("ran", "\"text\": \"" + text + "\""));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.lines("ran") == std::vector<std::string>{text});
  rabbit::queue("throws", "{\"pad\": \"" + text + "\"}");
  CHECK(rabbit::dead_letters()[0].body.size() > text.size());
}

TEST_CASE("failure: what takes a runner long to read is not given back meanwhile") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  site.start();
  const std::string text(40 << 20, 'x');
  rabbit::queue("record", site.params("ran", "\"text\": \"" + text + "\""));
  CHECK(site.wait_for_lines("ran", 1, 60s));  // the test's plugin is not optimised
  CHECK(site.wait_for_log("Finished processing medium:record"));
  CHECK(site.lines("ran") == std::vector<std::string>{text});
}

TEST_CASE("failure: a handler that hangs is killed after its timeout, and the next event runs") {
  NEEDS_BROKER();
  Site site("events: {hang: {timeout: 1s}}", {"hang", "recorder"});
  const pid_t poller = site.start();
  rabbit::queue("hang");
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  const auto dead = rabbit::dead_letters();
  CHECK(contains(dead[0].header("x-action-error"), "timed out"));
  CHECK(contains(dead[0].header("x-action-error"), "hang"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.pollers() == std::vector<pid_t>{poller});
}

TEST_CASE("failure: a handler that logs a lot loses no line") {
  NEEDS_BROKER();
  Site site("", {"chatty"});
  site.start();
  rabbit::queue("chatty", R"({"lines": 5000})");
  CHECK(site.wait_for_log("Finished processing medium:chatty"));
  std::vector<std::string> said, expected;
  for (const auto& line : read_lines(site.path("run/poller.1.log")))
    if (const auto at = line.find("chatty: line "); at != std::string::npos)
      said.push_back(line.substr(at, line.rfind(" id=") - at));
  for (int line = 1; line <= 5000; ++line)
    expected.push_back("chatty: line " + std::to_string(line));
  CHECK(said.size() == expected.size());
  CHECK(said == expected);
}
