// Without event.hpp action::queue_action_event is the client's.
#include <action/client.hpp>
#include <cstdlib>
#include <thread>

#include "test_broker.hpp"

namespace {

std::string refusal() {
  try {
    action::queue_action_event("send_email");
  } catch (const action::ClientError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

// One case, since the process has but one such client, and it reads the environment only until it
// is made.
TEST_CASE("shared client: it is made from the environment, and any thread may use it") {
  NEEDS_BROKER();
  TestApplication app;
  ::unsetenv("ACTION_BROKER");
  CHECK(refusal().find("ACTION_BROKER is not set") != std::string::npos);
  ::setenv("ACTION_BROKER", test_broker().c_str(), 1);
  ::setenv("ACTION_QUEUE_TYPE", "mirrored", 1);
  CHECK(refusal().find("ACTION_QUEUE_TYPE") != std::string::npos);
  ::unsetenv("ACTION_QUEUE_TYPE");
  ::setenv("ACTION_APPLICATION", app.name().c_str(), 1);
  ::setenv("ACTION_DEFAULT_QUEUE", "low", 1);

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int n = 0; n < 50; ++n) action::queue_action_event("send_email", {{"n", n}});
    });
  for (auto& thread : threads) thread.join();
  action::queue_action_event("send_email", {{"to", "ann"}}, {.queue = "high"});
  CHECK(app.ready("low") == 200);
  CHECK(app.ready("high") == 1);
}
