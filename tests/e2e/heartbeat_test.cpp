// A handler that takes longer than the broker waits for a sign of life: the poller gives it.
#include <cstdlib>

#include "site.hpp"

namespace {

std::string with_heartbeat(int seconds) {
  const std::string url = test_broker();
  const char* mark = contains(url, "?") ? "&" : "?";
  return url + mark + "heartbeat=" + std::to_string(seconds);
}

// One run, one acknowledgement, and the connection is the same all the while.
void check_survives(int handler_seconds, int heartbeat_seconds) {
  Site site("", {"sleeper"});
  site.configure("", with_heartbeat(heartbeat_seconds));
  const pid_t poller = site.start();
  const std::string ms = std::to_string(handler_seconds * 1000);
  rabbit::queue("sleep", site.params("slept", "\"ms\": " + ms));
  CHECK(site.wait_for_log("Finished processing medium:sleep", 1,
                          std::chrono::seconds(handler_seconds + 20)));
  CHECK(!contains(site.log(), "connecting again"));
  CHECK(site.lines("slept").size() == 1);
  rabbit::disconnect();  // ours has been silent for longer than the broker waits
  CHECK(rabbit::ready("medium") == 0);
  CHECK(wait_until([] { return rabbit::consumers("medium") == 1; }));
  CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
  CHECK(!is_running(poller));
  CHECK(rabbit::ready("medium") == 0);
  CHECK(site.lines("slept").size() == 1);
}

}  // namespace

TEST_CASE("heartbeat: a handler of 25 s with a heartbeat of 5 s runs once (slow)") {
  NEEDS_BROKER();
  check_survives(25, 5);
}

TEST_CASE("heartbeat: a handler of 90 s with a heartbeat of 10 s runs once (long)") {
  NEEDS_BROKER();
  if (std::getenv("ACTION_TEST_LONG") == nullptr)
    SKIP_TEST("it takes 90 s; set ACTION_TEST_LONG=1 to run it");
  check_survives(90, 10);
}
