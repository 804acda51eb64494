// What handlers queue, and events that come back later.
#include <chrono>

#include "site.hpp"

using Clock = std::chrono::steady_clock;

TEST_CASE("queueing: an event is finished only when the broker has all that it queued") {
  NEEDS_BROKER();
  Site site("", {"floods"});
  site.start(1, {"--queues", "high"});
  rabbit::queue("floods", R"({"count": 2000, "queue": "low"})", "high");
  REQUIRE(site.wait_for_log("Finished processing high:floods"));
  CHECK(rabbit::ready("low") == 2000);
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("queueing: a flood arrives whole, where the default queue is the one it goes to") {
  NEEDS_BROKER();
  Site site("default_queue: low", {"floods"});
  site.start();
  rabbit::queue("floods", R"({"count": 2000})", "high");
  CHECK(wait_until([&] { return count_of(site.log(), "Finished processing low:sink") >= 2000; }));
  CHECK(count_of(site.log(), "Finished processing low:sink") == 2000);
  CHECK(site.wait_for_log("Finished processing high:floods"));
}

TEST_CASE("queueing: a handler that names an unknown queue gets an exception that says so") {
  NEEDS_BROKER();
  Site site("", {"floods"});
  site.start();
  rabbit::queue("floods", R"({"count": 1, "queue": "hgih"})");
  const std::string error = rabbit::dead_letters()[0].header("x-action-error");
  CHECK(contains(error, "unknown queue 'hgih'"));
}

TEST_CASE("queueing: a handler that gives an event an impossible name gets an exception") {
  NEEDS_BROKER();
  Site site("", {"floods"});
  site.start();
  rabbit::queue("floods", R"({"count": 1, "event": "Send Email"})");
  const std::string error = rabbit::dead_letters()[0].header("x-action-error");
  CAPTURE(error);
  CHECK(contains(error, "'Send Email' can't be the name of an event"));
}

TEST_CASE("queueing: what finds its queue deleted is in it as soon as it is made anew") {
  NEEDS_BROKER();
  Site site("", {"floods"});
  site.start(1, {"--queues", "high"});
  rabbit::delete_queue("low");
  rabbit::queue("floods", R"({"count": 3, "queue": "low"})", "high");
  CHECK(site.wait_for_log("Finished processing high:floods"));
  CHECK(rabbit::ready("low") == 3);
  CHECK(rabbit::ready("dead") == 0);
  CHECK(times_lost(site) == 0);
}

TEST_CASE("queueing: a snoozed event comes back after its delay, and no attempt is spent") {
  NEEDS_BROKER();
  Site site("", {"snoozer"});
  site.start();
  const auto began = Clock::now();
  rabbit::queue("snoozer", site.params("attempts", R"("ms": 700, "times": 3)"), "low");
  CHECK(site.wait_for_lines("attempts", 3));
  CHECK(Clock::now() - began >= 1400ms);
  CHECK(site.lines("attempts") == std::vector<std::string>{"1", "1", "1"});
  CHECK(site.wait_for_log("Finished processing low:snoozer"));
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("queueing: a snoozed event waits in the broker, and needs no poller for that") {
  NEEDS_BROKER();
  Site site("", {"snoozer"});
  const pid_t poller = site.start();
  rabbit::queue("snoozer", site.params("attempts", R"("ms": 500)"), "low");
  REQUIRE(site.wait_for_log("Snoozed low:snoozer"));
  end_process(poller);
  CHECK(wait_until([] { return rabbit::ready("low") == 1; }));
  const auto back = rabbit::take_all("low").at(0);
  CHECK(back.type == "snoozer");
  CHECK(back.body == site.params("attempts", R"("ms": 500)"));
}
