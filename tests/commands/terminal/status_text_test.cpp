#include <doctest/doctest.h>

#include "commands/terminal/status_text.hpp"

using actiond::status_text;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

json working_poller() {
  return json::parse(R"({
    "id": 3, "pid": 4711, "state": "working", "problem": "", "done": 1203, "failed": 4,
    "in_hand": [{"event": "audit", "for_ms": 10}, {"event": "send_email", "for_ms": 3200}],
    "up_since_ms": 1700000000000,
    "plugins": [{"name": "hello", "version": "1.0"}, {"name": "mailer", "version": "2.1"}]})");
}

}  // namespace

TEST_CASE("status: a poller in a line, with what runs longest") {
  const auto text = status_text({{"pollers", {working_poller()}}, {"broker", {{"name", "b"}}}});
  CHECK(has(text, "ID   PID  STATE    EVENT IN HAND"));
  CHECK(has(text, " 3  4711  working  send_email for 3.2s (and 1 more)  1203       4  2023-11-1"));
  CHECK(has(text, "hello 1.0, mailer 2.1\n"));
}

TEST_CASE("status: a problem has a line of its own, and can't forge another") {
  auto poller = working_poller();
  poller["id"] = nullptr;
  poller["problem"] = "no broker\nactiond: all is well";
  const auto text = status_text({{"pollers", {poller}}});
  CHECK(has(text, "poller - (pid 4711): no broker\\nactiond: all is well\n"));
}

TEST_CASE("status: queues with their depths, and those that are not there yet") {
  const auto text = status_text(json::parse(R"({"pollers": [], "broker": {"name": "amqp://u@h"},
    "queues": [{"name": "high", "ready": 12, "consumers": 8},
               {"name": "dead", "ready": null, "consumers": null}]})"));
  CHECK(text ==
        "no poller runs: start one with actiond start --id 1\n"
        "\n"
        "QUEUE  READY  CONSUMERS\n"
        "high      12          8\n"
        "dead       -\n"
        "broker amqp://u@h\n");
}

TEST_CASE("status: of other machines it does not say to start a poller here") {
  const auto text = status_text(
      json::parse(R"({"pollers": [], "fleet": {"summary": "0 of 0 pollers answered in 0.2 s"}})"));
  CHECK(has(text, "no poller is known there: is the machine's name right?\n0 of 0"));
}

TEST_CASE("status: with the broker down the pollers are still shown") {
  const auto text =
      status_text({{"pollers", {working_poller()}}, {"broker", {{"error", "connection refused"}}}});
  CHECK(has(text, "4711"));
  CHECK(has(text, "\nthe broker can't be reached: connection refused\n"));
}

TEST_CASE("status: an answer of another version is shown as far as it can be understood") {
  for (const json& poller :
       {json::object(), json{{"id", "x"}, {"in_hand", 3}, {"done", "many"}, {"plugins", {1, 2}}},
        json{{"in_hand", {{{"event", 5}, {"for_ms", "long"}}}}, {"up_since_ms", "ever"}}})
    CHECK_NOTHROW(status_text({{"pollers", {poller}}, {"broker", {{"name", 1}}}}));
  CHECK_NOTHROW(status_text(json::object()));
}

TEST_CASE("status: a paused queue has a line, with who paused it and why") {
  auto status = json::parse(R"({"pollers": [], "broker": {"name": "b"}, "queues": [
    {"name": "high", "ready": 1, "consumers": 8, "paused": true,
     "pause": {"by": "root@box", "at_ms": 0, "reason": "no\nmail"}},
    {"name": "low", "ready": 1, "consumers": 8, "paused": false}]})");
  CHECK(has(status_text(status), "\nqueue high is paused by root@box: no\\nmail\n"));
  CHECK_FALSE(has(status_text(status), "queue low"));
  status["queues"][0]["pause"] = json::object();
  CHECK(has(status_text(status), "\nqueue high is paused\n"));
}
