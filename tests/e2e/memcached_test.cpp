// The whole way through `broker: memcached://…`, with a server that these tests may restart.
#include <action/client.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>

#include "posting.hpp"

namespace {

bool has_memcached() {
  return std::getenv("ACTION_TEST_MEMCACHED") != nullptr;
}

// A site whose events are kept in a memcached that is empty at first.
class MemcachedSite : public Site {
 public:
  explicit MemcachedSite(const std::vector<std::string>& plugins, const std::string& yaml = {})
      : Site(yaml, plugins, Site::kWithoutRabbit), url_(std::getenv("ACTION_TEST_MEMCACHED")) {
    configure(yaml, url_);
    restart_server();
  }
  static void restart_server() {
    const std::string directory = std::getenv("ACTION_TEST_MEMCACHED_DIR");
    const auto command = SCRIPTS_DIR "/memcached --dir '" + directory + "' restart >/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }
  void post(const std::string& event, const std::string& params, const std::string& queue,
            int count) const {
    post_to(url_, event, params, queue, count);
  }
  nlohmann::json queue_row(const std::string& name) {
    return row_of_queue(nlohmann::json::parse(actiond({"status", "--json"}).out), name);
  }

 private:
  std::string url_;
};

}  // namespace

TEST_CASE("memcached: an event queued by a shell or a C++ program runs, and status tells of it") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  MemcachedSite site({"hello_world"});
  const Ran setup = site.actiond({"setup"});
  CHECK_MESSAGE(setup.status == 0, setup.err);
  site.start();
  const Ran ran = site.actiond({"enqueue", "hello_world", "name=Grace"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  CHECK(site.wait_for_log("Finished processing medium:hello_world id=" + ran.out.substr(0, 36)));
  site.post("hello_world", R"({"name": "Ada"})", "high", 1);
  CHECK(site.wait_for_log("Finished processing high:hello_world"));
  CHECK(wait_until([&] { return site.queue_row("high")["done"] == 1; }));
  const Ran check = site.actiond({"check"});
  CHECK_MESSAGE(check.status == 0, check.out, check.err);
}

TEST_CASE("memcached: of waiting events, queued low first, no lower one runs before a higher") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  MemcachedSite site({"recorder"});
  for (const char* queue : {"low", "medium", "high"})
    site.post("record", site.params("ran", std::string("\"text\": \"") + queue + "\""), queue, 300);
  site.start();
  REQUIRE(site.wait_for_lines("ran", 900, 60s));
  auto order = site.lines("ran");
  CHECK(order.size() == 900);
  order.erase(std::unique(order.begin(), order.end()), order.end());
  CHECK(order == std::vector<std::string>{"high", "medium", "low"});
}

TEST_CASE("memcached: a failed event is retried, then dead, performed, and comes back by retry") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  MemcachedSite site({"throws"}, "retry: {attempts: 2, initial: 100ms}");
  site.start();
  const Ran queued = site.actiond({"enqueue", "throws"});
  REQUIRE(queued.status == 0);
  REQUIRE(site.wait_for_log("now among the dead letters, after attempt 2 of 2"));
  CHECK(contains(site.actiond({"dead", "list"}).out, "1 dead letter"));
  CHECK(site.actiond({"perform", "--dead", queued.out.substr(0, 36)}).status == 1);
  const Ran retried = site.actiond({"dead", "retry", "--all"});
  CHECK_MESSAGE(retried.out == "1 dead letter is queued again\n", retried.err);
  CHECK(wait_until([&] {
    return count_of(site.log(), "now among the dead letters, after attempt 2 of 2") == 2;
  }));
  CHECK(site.queue_row("dead")["ready"] == 1);
}

TEST_CASE("memcached: what handlers queue is stored, and migrate moves it to a file and back") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  MemcachedSite site({"floods", "recorder"});
  site.start(1, {"--queues", "high"});
  REQUIRE(site.actiond({"enqueue", "--queue", "high", "floods", "count=30", "queue=low"}).status ==
          0);
  CHECK(site.wait_for_log("Finished processing high:floods"));
  CHECK(site.queue_row("low")["ready"] == 30);
  REQUIRE(site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")"), "--in", "1h"})
              .status == 0);
  CHECK(site.queue_row("medium")["later"] == 1);
  REQUIRE(site.actiond({"stop", "--all"}).status == 0);
  const auto file = "sqlite:" + site.path("queue.db").native();
  const Ran there = site.actiond({"migrate", "--to", file});
  CHECK_MESSAGE(there.out == "31 events moved, 1 of them not due yet, and 0 dead letters\n",
                there.err);
  CHECK(site.queue_row("low")["ready"] == 0);
  std::string same = std::getenv("ACTION_TEST_MEMCACHED");
  same.replace(same.find("127.0.0.1"), 9, "localhost");
  CHECK(contains(site.actiond({"migrate", "--to", same}).err, "are the same broker"));
  const Ran back = site.actiond({"migrate", "--from", file});
  CHECK_MESSAGE(back.out == there.out, back.err);
  CHECK(site.queue_row("low")["ready"] == 30);
}

TEST_CASE("memcached: what a killed poller had in hand another one takes over") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  MemcachedSite site({"recorder"});
  const pid_t killed = site.start(1);
  for (int n = 0; n < 400; ++n)
    site.post("record", site.params("ran", "\"text\": \"" + std::to_string(n) + "\""), "medium", 1);
  ::kill(killed, SIGKILL);
  site.start(2);
  CHECK(wait_until(
      [&] {
        const auto lines = site.lines("ran");
        return std::set<std::string>(lines.begin(), lines.end()).size() == 400;
      },
      40s));
}

TEST_CASE("memcached: after a restart pollers go on, and log what is gone") {
  if (!has_memcached()) SKIP_TEST("ACTION_TEST_MEMCACHED names no server");
  MemcachedSite site({"hello_world"});
  site.start();
  MemcachedSite::restart_server();
  CHECK(site.wait_for_log("has forgotten all that was queued there"));
  REQUIRE(site.actiond({"enqueue", "hello_world"}).status == 0);
  CHECK(site.wait_for_log("Finished processing medium:hello_world"));
}
