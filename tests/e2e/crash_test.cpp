// Handlers that take their runner down with them: the poller stays, the event is accounted for.
#include <signal.h>

#include <fstream>

#include "site.hpp"

namespace {

struct Crash {
  const char* event;
  const char* reason;
  bool has_backtrace = true;
};

// The poller is the same as before, it has a runner, and that works.
void check_goes_on(Site& site, pid_t poller) {
  rabbit::queue("record", site.params("after", R"("text": "ran")"));
  CHECK(site.wait_for_lines("after", 1));
  CHECK(site.pollers() == std::vector<pid_t>{poller});
  CHECK(children_of(poller).size() == 1);
}

}  // namespace

TEST_CASE("crash: of a handler costs its event one attempt, and the next one runs") {
  NEEDS_BROKER();
  for (const Crash crash : {Crash{"segfault", "crashed: SIGSEGV in segfault"},
                            Crash{"abort", "crashed: SIGABRT in abort"},
                            Crash{"exit0", "crashed: exit status 0 in exit0", false},
                            Crash{"stack_overflow", "crashed: SIGSEGV in stack_overflow"}}) {
    CAPTURE(crash.event);
    Site site("", {crash.event, "recorder"});
    const pid_t poller = site.start();
    rabbit::queue(crash.event, R"({"n": 7})");
    const auto dead = rabbit::dead_letters();
    CHECK(dead[0].type == crash.event);
    CHECK(dead[0].body == R"({"n": 7})");
    CHECK(dead[0].header("x-action-error") == crash.reason);
    if (crash.has_backtrace)
      CHECK(contains(dead[0].header("x-action-backtrace"), crash.event + std::string(".so: ")));
    CHECK(site.wait_for_log(crash.reason));
    check_goes_on(site, poller);
  }
}

TEST_CASE("crash: kill -9 of the runner in a handler is told with the signal's name") {
  NEEDS_BROKER();
  Site site("", {"sleeper", "recorder"});
  const pid_t poller = site.start();
  rabbit::queue("sleep", site.params("slept", R"("ms": 60000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  const auto runners = children_of(poller);
  REQUIRE(runners.size() == 1);
  end_process(runners[0]);
  const auto dead = rabbit::dead_letters();
  CHECK(dead[0].type == "sleep");
  CHECK(dead[0].header("x-action-error") == "crashed: SIGKILL in sleep");
  CHECK(dead[0].header("x-action-queue") == "medium");
  check_goes_on(site, poller);
}

TEST_CASE("crash: kill -9 of an idle runner costs no event anything") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  const pid_t poller = site.start();
  const auto runners = children_of(poller);
  REQUIRE(runners.size() == 1);
  end_process(runners[0]);
  check_goes_on(site, poller);
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("crash: a child that holds the dead runner's descriptors open delays nothing") {
  NEEDS_BROKER();
  Site site("", {"grandchild", "recorder"});
  const pid_t poller = site.start();
  rabbit::queue("grandchild", site.params("child", R"("seconds": 60)"));
  const auto dead = rabbit::dead_letters();
  CHECK(dead[0].header("x-action-error") == "crashed: SIGABRT in grandchild");
  check_goes_on(site, poller);
  for (const auto& pid : site.lines("child")) end_process(std::stoi(pid));
}

TEST_CASE("crash: of one event among many loses none of the others") {
  NEEDS_BROKER();
  Site site("", {"segfault", "recorder"});
  const auto record = site.params("ran", R"("text": "{n}")");
  rabbit::queue("record", record, "medium", 500);
  rabbit::queue("segfault");
  rabbit::queue("record", record, "medium", 500);
  site.start();
  CHECK(site.wait_for_lines("ran", 1000));
  CHECK(rabbit::dead_letters()[0].type == "segfault");
  CHECK(site.lines("ran").size() == 1000);
}

TEST_CASE("crash: kill -9 of a poller takes its runner along, and the event is offered again") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  const pid_t poller = site.start();
  rabbit::queue("sleep", site.params("slept", R"("ms": 60000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  const auto runners = children_of(poller);
  REQUIRE(runners.size() == 1);
  end_process(poller);
  CHECK(wait_until([&] { return !is_running(runners[0]); }));
  CHECK(wait_until([] { return rabbit::ready("medium") == 1; }));
  CHECK(rabbit::take_all("medium").at(0).is_redelivered);
}

TEST_CASE("crash: a runner that can't start is tried again and again, and no event is charged") {
  NEEDS_BROKER();
  Site site("", {"setup_depends"});
  site.configure("environment: {closed: \"" + site.path("closed").native() + "\", tries: \"" +
                 site.path("tries").native() + "\"}");
  const pid_t poller = site.start();
  const std::ofstream closed(site.path("closed"));
  for (const pid_t runner : children_of(poller)) end_process(runner);
  rabbit::queue("setup_depends", site.params("ran"));
  CHECK(site.wait_for_lines("tries", 5));
  CHECK(contains(site.actiond({"status"}).out, "the database is closed"));
  CHECK(count_of(site.log(), "the database is closed") == 1);
  CHECK(rabbit::ready("medium") == 1);  // for a poller that can run it
  std::filesystem::remove(site.path("closed"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.lines("ran") == std::vector<std::string>{"1"});
  CHECK(wait_until([&] { return !contains(site.actiond({"status"}).out, "is closed"); }));
  CHECK(site.pollers() == std::vector<pid_t>{poller});
}
