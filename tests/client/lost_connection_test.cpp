// What a client does when its connection is lost, is too quiet, or is not its own.
#include <sys/wait.h>
#include <unistd.h>

#include <action/client.hpp>
#include <set>
#include <thread>

#include "../network/rabbit_ctl.hpp"
#include "test_broker.hpp"

using action::Client;
using action::ClientError;

namespace {

std::multiset<std::string> ids_in(TestApplication& app, const std::string& queue) {
  std::multiset<std::string> ids;
  while (auto message = app.take(queue)) ids.insert(message->id);
  return ids;
}

}  // namespace

TEST_CASE("lost connection: when the broker closes it, the next event is queued over a new one") {
  NEEDS_CTL();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  ctl("close_all_connections bye");
  client.queue_action_event("send_email", {}, {.queue = "high"});
  CHECK(app.ready("high") == 2);
}

TEST_CASE("lost connection: when the network cuts it, the next event is queued over a new one") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  for (int i = 0; i < 3; ++i) {
    client.queue_action_event("send_email", {}, {.queue = "high"});
    cut_connections();
  }
  client.queue_action_event("send_email", {}, {.queue = "high"});
  CHECK(app.ready("high") == 4);
}

TEST_CASE("lost connection: what was posted and not confirmed arrives with its own id") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name(), .window = 200});
  std::multiset<std::string> posted;
  for (int i = 0; i < 1500; ++i) {
    if (i % 500 == 250) cut_connections();
    posted.insert(client.post("send_email", {{"n", i}}, {.queue = "high"}));
  }
  client.flush();
  const auto found = ids_in(app, "high");
  for (const auto& id : posted) CHECK(found.count(id) >= 1);
  CHECK(std::set(found.begin(), found.end()).size() == posted.size());
}

TEST_CASE("lost connection: what was confirmed is not sent again") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  for (int i = 0; i < 100; ++i) client.post("send_email", {{"n", i}}, {.queue = "high"});
  client.flush();
  cut_connections();
  client.post("send_email", {}, {.queue = "high"});
  client.flush();
  CHECK(app.ready("high") == 101);
}

TEST_CASE("lost connection: an event for which the broker closes the channel is tried once more") {
  NEEDS_CTL();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  ctl("set_permissions guest '.*' '' '.*'");
  cut_connections();  // an open channel remembers for a while what it was allowed
  std::string problem;
  try {
    client.queue_action_event("send_email", {}, {.queue = "high"});
  } catch (const ClientError& error) {
    problem = error.what();
  }
  ctl("set_permissions guest '.*' '.*' '.*'");
  CAPTURE(problem);
  CHECK(problem.find("403") != std::string::npos);
  client.queue_action_event("send_email", {}, {.queue = "high"});
  CHECK(app.ready("high") == 2);
}

TEST_CASE("lost connection: one event that is too large for the broker keeps back no other") {
  NEEDS_CTL();
  const SmallMessages limit;
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  const auto post = [&client](std::size_t bytes) {
    return client.post("send_email", {{"text", std::string(bytes, 'x')}}, {.queue = "high"});
  };
  std::set<std::string> small, large;
  for (int i = 0; i < 30; ++i)
    if (i % 10 == 5)
      large.insert(post(200'000));
    else
      small.insert(post(10));
  try {
    client.flush();
    FAIL("what is too large was taken");
  } catch (const ClientError& error) {
    CHECK(std::set(error.ids().begin(), error.ids().end()) == large);
    const std::string text = error.what();
    CHECK_MESSAGE(text.find("larger than configured max size") != std::string::npos, text);
  }
  small.insert(post(10));
  client.flush();
  const auto found = ids_in(app, "high");
  CHECK(std::set(found.begin(), found.end()) == small);
}

TEST_CASE("lost connection: a client that was idle beyond the heartbeat goes on") {
  NEEDS_BROKER();
  TestApplication app;
  const std::string url = test_broker() + "?heartbeat=1";
  Client client(url, {.application = app.name()});
  Client pipelined(url, {.application = app.name()});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  pipelined.post("send_email", {}, {.queue = "low"});
  pipelined.flush();
  std::this_thread::sleep_for(std::chrono::milliseconds(4500));  // being idle is what is tried
  client.queue_action_event("send_email", {}, {.queue = "high"});
  pipelined.post("send_email", {}, {.queue = "low"});
  pipelined.flush();
  CHECK(app.ready("high") == 2);
  CHECK(app.ready("low") == 2);
}

TEST_CASE("alarm: queueing waits, then fails with the broker's reason, and goes on afterwards") {
  NEEDS_CTL();
  TestApplication app;
  Client client(test_broker(),
                {.application = app.name(), .timeout = std::chrono::milliseconds(1500)});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  {
    MemoryAlarm alarm;
    alarm.raise();
    for (int i = 0; i < 2; ++i) {
      try {
        client.queue_action_event("send_email", {}, {.queue = "high"});
        FAIL("a broker in alarm took an event");
      } catch (const ClientError& error) {
        const std::string text = error.what();
        CAPTURE(text);
        CHECK(text.find("low on memory") != std::string::npos);
      }
    }
  }
  client.queue_action_event("send_email", {}, {.queue = "high"});
  CHECK(app.ready("high") >= 2);
}

TEST_CASE("fork: the child's client makes its own connection and leaves the parent's alone") {
  NEEDS_BROKER();
  TestApplication app;
  Client client(test_broker(), {.application = app.name()});
  client.queue_action_event("send_email", {}, {.queue = "high"});
  client.post("send_email", {}, {.queue = "low"});
  const pid_t child = ::fork();
  if (child == 0) {
    client.queue_action_event("send_email", {}, {.queue = "high"});
    ::_exit(client.unconfirmed() == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  client.queue_action_event("send_email", {}, {.queue = "high"});
  client.flush();
  CHECK(app.ready("high") == 3);
  CHECK(app.ready("low") == 1);
}
