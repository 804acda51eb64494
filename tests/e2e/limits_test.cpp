// What a runner may hold, when it is replaced, and what the log may show.
#include <sys/resource.h>

#include "site.hpp"

TEST_CASE("limits: a runner over memory_limit is killed, and its event has failed") {
  NEEDS_BROKER();
  Site site("memory_limit: 100MiB", {"hoarder", "recorder"});
  const pid_t poller = site.start();
  rabbit::queue("hoard", R"({"mib": 300, "ms": 60000})");
  const auto dead = rabbit::dead_letters();
  CHECK(contains(dead[0].header("x-action-error"), "in hoard, memory_limit is 100MiB"));
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.pollers() == std::vector<pid_t>{poller});
}

TEST_CASE("limits: recycle replaces a runner after so many events, and loses none") {
  NEEDS_BROKER();
  constexpr std::size_t kEvents = 1000;
  Site site("recycle: {events: 100}", {"recorder"});
  site.start();
  rabbit::queue("record", site.params("ran", R"("text": "{n}")"), "medium", kEvents);
  CHECK(site.wait_for_lines("ran", kEvents));
  CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
  CHECK(site.lines("ran").size() == kEvents);
  CHECK(count_of(site.log(), "replacing runner") == kEvents / 100);
  CHECK(rabbit::ready("medium") == 0);
}

TEST_CASE("limits: recycle replaces a runner that has grown, between two events") {
  NEEDS_BROKER();
  Site site("recycle: {memory: 100MiB}", {"hoarder"});
  const pid_t poller = site.start();
  const auto first = children_of(poller);
  rabbit::queue("hoard", R"({"mib": 300, "ms": 200})");
  CHECK(site.wait_for_log("Finished processing medium:hoard"));
  CHECK(wait_until([&] {
    const auto now = children_of(poller);
    return now.size() == 1 && now != first;
  }));
  CHECK(site.wait_for_log("replacing runner"));
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("limits: 256 runners fit into the usual limit of 1024 descriptors") {
#ifdef __SANITIZE_ADDRESS__
  SKIP_TEST("with a sanitizer they take minutes to start");
#endif
  NEEDS_BROKER();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit usual{1024, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
  Site site("concurrency: 256", {"recorder"});
  const pid_t poller = site.start();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(children_of(poller).size() == 256);
  rabbit::queue("record", site.params("ran", R"("text": "{n}")"), "medium", 1000);
  CHECK(site.wait_for_lines("ran", 1000));
  CHECK_FALSE(contains(site.log(), "Too many open files"));
}

TEST_CASE("limits: log.params: false keeps what events are about out of the log") {
  NEEDS_BROKER();
  Site site("log: {params: false}", {"recorder"});
  site.start();
  rabbit::queue("record", site.params("ran", R"("text": "secret")"));
  CHECK(site.wait_for_log("Finished processing medium:record"));
  CHECK(site.wait_for_log("Processing medium:record id="));
  CHECK_FALSE(contains(site.log(), "secret"));
}

TEST_CASE("limits: with a range there are as many runners as are needed") {
  NEEDS_BROKER();
  Site site("concurrency: 1..3", {"sleeper"});
  site.start();
  CHECK_FALSE(contains(site.actiond({"status"}).out, "2 of 1..3"));
  {
    rabbit::Publishing publishing;
    publishing.queue("sleep", site.params("ran", R"("ms": 300)"), "medium", 60);
  }
  CHECK(wait_until([&] { return site.lines("ran").size() == 60; }, 40s));
  // What becomes of it is up to the machine, which may have too much else to do.
  const bool has_grown = contains(site.log(), "3 of 1..3 runners now");
  CHECK((has_grown || contains(site.log(), "the machine has nothing left")));
  CHECK(has_grown == contains(site.actiond({"status"}).out, "3 of 1..3"));
}
