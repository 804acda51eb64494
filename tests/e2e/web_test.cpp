// The page's process: who may come in, what it shows of pollers, queues and dead letters, and what
// it does to them. Mostly on a queue in a file, which needs no broker.
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "page_site.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// A file system of 8 MiB at this directory, for as long as this lives, if one may be mounted.
class SmallDisk {
 public:
  explicit SmallDisk(fs::path directory) : directory_(std::move(directory)) {
    fs::create_directory(directory_);
    is_there_ = ::mount("small", directory_.c_str(), "tmpfs", 0, "size=8m,mode=0750") == 0;
  }
  ~SmallDisk() {
    if (is_there_) ::umount2(directory_.c_str(), MNT_DETACH);
  }
  bool is_there() const { return is_there_; }
  void fill() const {
    std::ofstream file(directory_ / "fills");
    for (int i = 0; i < 2100 && file << std::string(4096, 'x') << std::flush; ++i) {
    }
    REQUIRE(fs::space(directory_).available == 0);
  }

 private:
  fs::path directory_;
  bool is_there_ = false;
};

std::int64_t resident_kb(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / 1024;
}

}  // namespace

TEST_CASE("web: the front page shows a poller and what it did, behind a login") {
  PageSite site({"hello_world"});
  site.start();
  site.serve();
  CHECK((fs::status(site.path("run/web.token")).permissions() & fs::perms(077)) == fs::perms::none);
  CHECK(ask_page(site.port, "", "GET /").status == 303);
  CHECK(ask_page(site.port, "", "GET /api/v1/overview").status == 401);
  CHECK(ask_page(site.port, "wrong", "GET /api/v1/overview").status == 401);
  CHECK(site.get("/").status == 200);
  const auto overview = site.api("overview");
  REQUIRE(overview["pollers"].size() == 1);
  CHECK(overview["pollers"][0]["id"] == 1);
  CHECK(overview["pollers"][0]["state"] == "idle");
  CHECK(overview["queues"].size() == 4);
  const auto poller = site.api("status")["pollers"][0];
  REQUIRE(poller["runners"].size() == 1);
  const auto of_both_kb = resident_kb(poller["pid"]) + resident_kb(poller["runners"][0]);
  CHECK(poller["memory_kb"].get<std::int64_t>() > of_both_kb * 3 / 4);
  CHECK(poller["memory_kb"].get<std::int64_t>() < of_both_kb * 5 / 4);
  CHECK(overview["attention"].empty());
  site.queue("hello_world", R"({"name": "Ada"})");
  REQUIRE(site.wait_for_log("Finished processing"));
  CHECK(wait_until([&] { return site.api("status")["pollers"][0]["done"] == 1; }));
  CHECK(site.get("/readyz").status == 200);
}

TEST_CASE("web: what runs is seen within two and a half seconds") {
  PageSite site({"sleeper"});
  site.start();
  site.serve();
  CHECK(site.api("running")["running"].empty());
  ::setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", 1);
  site.queue("sleep", R"({"ms": 10000})");
  ::unsetenv("TRACEPARENT");
  REQUIRE(site.wait_for_log("Processing"));
  const auto begun = std::chrono::steady_clock::now();
  REQUIRE(wait_until([&] { return !site.api("running")["running"].empty(); }, 10s));
  CHECK(std::chrono::steady_clock::now() - begun < 2500ms);
  const auto run = site.api("running")["running"][0];
  CHECK(run["event"] == "sleep");
  CHECK(run["attempt"] == 1);
  CHECK(run["trace_id"] == "0af7651916cd43dd8448eb211c80319c");
  CHECK(site.api("overview")["numbers"]["in_hand"] == 1);
}

TEST_CASE("web: status and stats are what the verbs print") {
  PageSite site({"noop"});
  site.start();
  site.serve();
  site.queue("noop");
  REQUIRE(site.wait_for_log("Finished processing"));
  REQUIRE(site.actiond({"stop", "--all"}).status == 0);
  const auto keys_of = [](const json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
  };
  const auto said = json::parse(site.actiond({"status", "--json"}).out);
  auto seen = json();
  REQUIRE(wait_until([&] { return (seen = site.api("status"))["pollers"].empty(); }));
  CHECK(keys_of(seen) == keys_of(said));
  CHECK(seen["queues"] == said["queues"]);
  auto stats = site.api("stats?since=2h");
  CHECK(stats["events"] ==
        json::parse(site.actiond({"stats", "--since", "2h", "--json"}).out)["events"]);
  CHECK(stats["events"][0]["event"] == "noop");
  CHECK(site.api("stats?event=other")["events"].empty());
  CHECK(site.get("/api/v1/stats?since=soon").status == 400);
  CHECK(contains(ask_page(site.port, "", "GET /metrics").body,
                 "actiond_events_total{event=\"noop\""));
}

TEST_CASE("web: dead letters are read when asked, and retried or deleted as many as were seen") {
  PageSite site({"throws", "recorder"});
  site.start();
  site.serve();
  for (int i = 0; i < 3; ++i) site.queue("throws");
  REQUIRE(wait_until([&] { return count_of(site.log(), "now among the dead letters") == 3; }));
  REQUIRE(wait_until([&] { return site.dead() == 3; }));
  CHECK(site.api("dead")["seen_ms"].is_null());
  const auto seen = site.api("dead?look=1");
  CHECK(seen["total"] == 3);
  REQUIRE(seen["groups"].size() == 1);
  CHECK(seen["groups"][0]["event"] == "throws");
  const auto id = seen["letters"][0]["id"].get<std::string>();
  CHECK(site.api("dead/" + id)["params"] == json::object());
  CHECK(site.get("/api/v1/dead/nobody").status == 404);

  const auto conflict = site.post("/api/v1/dead/delete", {{"event", "throws"}, {"expect", 2}});
  CHECK(conflict.status == 409);
  CHECK(site.api("dead?look=1")["total"] == 3);
  CHECK(json::parse(site.post("/api/v1/dead/delete", {{"ids", {id}}}).body)["deleted"] == 1);
  const auto retried = site.post("/api/v1/dead/retry", {{"event", "throws"}, {"expect", 2}});
  REQUIRE_MESSAGE(retried.status == 200, retried.body);
  CHECK(json::parse(retried.body)["retried"] == 2);
  REQUIRE(wait_until([&] { return count_of(site.log(), "now among the dead letters") == 5; }));
  CHECK(contains(site.page->err(),
                 "retry 2 dead letters of 'throws': done, 2 queued again, 0 "
                 "refused (asked by a program at 127.0.0.1)"));
  CHECK(contains(site.page->err(), "delete the dead letter '" + id + "': done, 1 deleted"));
}

TEST_CASE("web: what comes when, and that it runs now") {
  PageSite site({"hello_world"}, "web: {params: hidden}");
  site.start();
  site.serve();
  CHECK(site.api("later") == json{{"later", json::array()}, {"total", 0}});
  REQUIRE(site.actiond({"enqueue", "hello_world", "name=Ada", "--in", "1h"}).status == 0);
  auto later = json();
  REQUIRE(wait_until([&] { return (later = site.api("later"))["total"] == 1; }));
  const auto event = later["later"][0];
  CHECK(event["event"] == "hello_world");
  CHECK(event["attempt"] == 1);
  CHECK_FALSE(event.contains("params"));
  const json wish{{"queue", event["queue"]}, {"id", event["id"]}, {"due_ms", event["due_ms"]}};
  CHECK(site.post("/api/v1/later/run", {{"id", event["id"]}}).status == 400);
  auto other = wish;
  other["due_ms"] = 1;
  CHECK(site.post("/api/v1/later/run", other).status == 409);
  CHECK(site.post("/api/v1/later/run", wish).status == 200);
  REQUIRE(site.wait_for_log("Finished processing"));
  CHECK(site.post("/api/v1/later/run", wish).status == 409);
  CHECK(contains(site.page->err(), "the event id='" + event["id"].get<std::string>() +
                                       "' of the queue '" + event["queue"].get<std::string>() +
                                       "' is due now (asked by a program"));
}

TEST_CASE("web: a poller is stopped only if it is the one that was seen") {
  PageSite site({"noop"});
  const pid_t pid = site.start();
  site.serve();
  CHECK(site.post("/api/v1/pollers/stop", {{"id", 1}, {"pid", pid + 1}}).status == 409);
  CHECK(site.post("/api/v1/pollers/stop", {{"id", 2}, {"pid", pid}}).status == 409);
  CHECK(is_running(pid));
  CHECK(site.post("/api/v1/pollers/rollback", {{"id", 1}, {"pid", pid}}).status == 409);
  CHECK(site.post("/api/v1/pollers/stop", {{"id", 1}, {"pid", pid}}).status == 200);
  REQUIRE(wait_until([&] { return !is_running(pid); }));
  CHECK(contains(site.page->err(), "stop poller 1 (pid " + std::to_string(pid) + "): told"));
  REQUIRE(wait_until([&] { return site.get("/readyz").status == 503; }));
  CHECK(site.get("/healthz").status == 200);
}

TEST_CASE("web: what is broken says so in its own place, and the rest is shown") {
  PageSite site({"noop"});
  site.start();
  std::ofstream(site.path("run/statistics.db")) << "this is no database, but long enough to be one";
  site.serve();
  auto overview = site.api("overview");
  CHECK_FALSE(overview["statistics"]["problem"].get<std::string>().empty());
  CHECK(overview["pollers"].size() == 1);
  CHECK(site.get("/api/v1/stats").status == 503);
  const auto metrics = site.get("/metrics");
  CHECK(metrics.status == 200);
  CHECK(contains(metrics.body, "\nactiond_pollers{state=\"idle\"} 1\n"));
  CHECK(contains(metrics.body, "\n# counters are missing: "));
  const Ran printed = site.actiond({"metrics"});
  CHECK(printed.status == 0);
  CHECK(contains(printed.out, "\nactiond_pollers{state=\"idle\"} 1\n"));
  CHECK(contains(printed.err, "the counters are missing: "));
  site.configure("", "amqp://guest:secret@127.0.0.1:1/%2f");
  PageSite away;
  away.configure("", "amqp://guest:secret@127.0.0.1:1/%2f");
  away.serve();
  overview = away.api("overview");
  CHECK(contains(overview["broker"]["error"].get<std::string>(), "127.0.0.1"));
  CHECK_FALSE(contains(overview.dump(), "secret"));
  CHECK(overview["attention"][0]["title"] == "The broker does not answer");
  CHECK(away.get("/api/v1/dead?look=1").status == 503);
  CHECK(away.get("/readyz").status == 503);
}

TEST_CASE("web: on a full disk it shows what is known, and a poller goes on") {
  PageSite site({"noop"}, "web: {password: secret}");
  const SmallDisk disk(site.path("run"));
  if (!disk.is_there()) SKIP_TEST("no file system can be mounted here");
  site.start();
  site.queue("noop");
  const auto has_statistics = [&] {
    const auto stats = json::parse(site.actiond({"stats", "--json"}).out);
    return !stats["events"].empty();
  };
  REQUIRE(wait_until(has_statistics));
  disk.fill();
  site.serve();
  site.token = "secret";
  CHECK(site.api("stats")["events"][0]["event"] == "noop");
  site.queue("noop");
  CHECK(wait_until([&] { return site.api("status")["pollers"][0]["done"] == 2; }));
  CHECK(site.api("overview")["attention"].empty());
  CHECK(site.get("/readyz").status == 200);
  CHECK(site.actiond({"stop", "--all"}).status == 0);
}

TEST_CASE("web: on RabbitMQ") {
  PageSite site({"throws"}, {}, Site::kRabbit);
  site.start();
  site.serve();
  const Ran ran = site.actiond({"enqueue", "throws", "-"}, "{}\n{}\n{}\n{}\n");
  REQUIRE(ran.status == 0);
  REQUIRE(wait_until([&] { return site.dead() == 4; }));
  CHECK(contains(site.api("later")["problem"].get<std::string>(), "RabbitMQ can't show"));
  const json later{{"queue", "low"}, {"id", "i"}, {"due_ms", 1}};
  CHECK(site.post("/api/v1/later/run", later).status == 503);
  CHECK(site.api("dead?look=1")["total"] == 4);
  CHECK(json::parse(
            site.post("/api/v1/dead/retry", {{"all", true}, {"expect", 4}}).body)["retried"] == 4);
  REQUIRE(wait_until([&] { return count_of(site.log(), "now among the dead letters") == 8; }));
  REQUIRE(wait_until([&] { return site.dead() == 4; }));
  const auto wish = json{{"event", "throws"}, {"expect", 4}};
  CHECK(json::parse(site.post("/api/v1/dead/delete", wish).body)["deleted"] == 4);
  REQUIRE(wait_until([&] { return site.dead() == 0; }));
}
