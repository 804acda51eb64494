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
  site.queue("sleep", R"({"ms": 10000})");
  REQUIRE(site.wait_for_log("Processing"));
  const auto begun = std::chrono::steady_clock::now();
  REQUIRE(wait_until([&] { return !site.api("running")["running"].empty(); }, 10s));
  CHECK(std::chrono::steady_clock::now() - begun < 2500ms);
  const auto run = site.api("running")["running"][0];
  CHECK(run["event"] == "sleep");
  CHECK(run["attempt"] == 1);
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

TEST_CASE("web: read-only changes nothing") {
  PageSite site({"noop"});
  const pid_t pid = site.start();
  site.serve({"--read-only"});
  CHECK(site.api("overview")["access"] == "read-only");
  CHECK(site.post("/api/v1/pollers/stop", {{"id", 1}, {"pid", pid}}).status == 403);
  CHECK(is_running(pid));
}

TEST_CASE("web: a login by password, five wrong tries a minute") {
  PageSite site({}, "web: {password: open sesame, metrics: protected}");
  site.serve();
  CHECK(site.token.empty());
  CHECK_FALSE(fs::exists(site.path("run/web.token")));
  CHECK(ask_page(site.port, "", "GET /metrics").status == 401);
  const auto log_in = [&](const std::string& secret) {
    const auto body = json{{"secret", secret}}.dump();
    return talk(site.port,
                "POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
                "Content-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(log_in("sesame").status == 401);
  const auto entered = log_in("open sesame");
  REQUIRE(entered.status == 200);
  const auto at = entered.head.find("Set-Cookie: ") + 12;
  const auto cookie = entered.head.substr(at, entered.head.find(';', at) - at);
  CHECK(contains(entered.head, "HttpOnly; SameSite=Strict"));
  CHECK(talk(site.port, "GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + cookie + "\r\n\r\n")
            .status == 200);
  for (int i = 0; i < 4; ++i) CHECK(log_in("wrong").status == 401);
  CHECK(log_in("open sesame").status == 429);
  CHECK(contains(site.page->err(), "a login from 127.0.0.1 was refused: a wrong secret"));
}

TEST_CASE("web: what other sites send is refused, the own page works under its names") {
  PageSite site({}, "web: {hosts: [shop.example.com]}");
  site.serve();
  const auto port = std::to_string(site.port);
  const auto status = [&](const std::string& text) { return talk(site.port, text).status; };
  for (const auto& host :
       {"127.0.0.1:" + port, std::string("localhost"), std::string("shop.example.com")})
    CHECK(status("GET /login HTTP/1.1\r\nHost: " + host + "\r\n\r\n") == 200);
  CHECK(status("GET /login HTTP/1.1\r\nHost: evil.example\r\n\r\n") == 421);
  CHECK(status("GET /login HTTP/1.0\r\n\r\n") == 421);
  const std::string post = "POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:" + port +
                           "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n";
  CHECK(status(post + "Sec-Fetch-Site: cross-site\r\n\r\n{}") == 403);
  CHECK(status(post + "Origin: http://evil.example\r\n\r\n{}") == 403);
  CHECK(status(post + "\r\n{}") == 403);
  CHECK(status(post + "Origin: http://127.0.0.1:" + port + "\r\n\r\n{}") == 401);
  CHECK(status("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 501);
  CHECK(status(post + "Transfer-Encoding: chunked\r\n\r\n{}") == 400);
  CHECK(status("GET / HTTP/1.1\r\nX: " + std::string(17000, 'x') + "\r\n\r\n") == 431);
  CHECK(status("POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n") == 413);
}

TEST_CASE("web: it refuses to show itself to others without TLS") {
  PageSite site;
  const Ran ran = site.actiond({"web", "--listen", "0.0.0.0:0"});
  CHECK(ran.status == 1);
  CHECK(contains(ran.err, "without TLS on 0.0.0.0:0: set web.certfile"));
  CHECK(site.actiond({"web", "--listen", "nonsense"}).status == 2);
}

TEST_CASE("web: a socket in the file system, which a killed page leaves behind") {
  PageSite site({}, "web: {listen: \"unix:../web.sock\"}");
  for (int round = 0; round < 2; ++round) {
    const auto page = site.begin({"web"});
    REQUIRE(wait_until([&] { return contains(page->out(), "web.sock"); }));
    struct stat status {};
    REQUIRE(::stat(site.path("web.sock").c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    CHECK((status.st_mode & 07) == 0);
    page->signal(round == 0 ? SIGKILL : SIGTERM);
    const int ended = page->wait().status;
    CHECK(ended == (round == 0 ? 128 + SIGKILL : 0));
  }
  CHECK_FALSE(fs::exists(site.path("web.sock")));
}

TEST_CASE("web: slow clients keep nobody waiting, and are cut off") {
  PageSite site;
  site.serve();
  std::vector<int> slow;
  for (int i = 0; i < 1000; ++i) {
    slow.push_back(connect_to_port(site.port));
    REQUIRE(slow.back() >= 0);
    (void)!::send(slow.back(), "GET / HTTP/1.1\r\nX", 17, MSG_NOSIGNAL);
  }
  for (int i = 0; i < 20; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    CHECK(ask_page(site.port, "", "GET /healthz").status == 200);
    CHECK(std::chrono::steady_clock::now() - begun < 1s);  // 100 ms on a machine of its own
  }
  for (const int fd : slow) ::close(fd);
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
  CHECK(site.get("/metrics").status == 503);
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
  CHECK(site.api("dead?look=1")["total"] == 4);
  CHECK(json::parse(
            site.post("/api/v1/dead/retry", {{"all", true}, {"expect", 4}}).body)["retried"] == 4);
  REQUIRE(wait_until([&] { return count_of(site.log(), "now among the dead letters") == 8; }));
  REQUIRE(wait_until([&] { return site.dead() == 4; }));
  const auto wish = json{{"event", "throws"}, {"expect", 4}};
  CHECK(json::parse(site.post("/api/v1/dead/delete", wish).body)["deleted"] == 4);
  REQUIRE(wait_until([&] { return site.dead() == 0; }));
}

TEST_CASE("web: by TLS, the same") {
  PageSite site;
  const auto certificate = site.path("cert.pem").native(), key = site.path("key.pem").native();
  const Ran made = Process({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                            "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate},
                           site.path("output/openssl"))
                       .wait();
  REQUIRE_MESSAGE(made.status == 0, made.err);
  site.configure("web: {certfile: " + certificate + ", keyfile: " + key + "}",
                 "sqlite:../queue.db");
  site.serve();
  CHECK(contains(site.page->out(), "https://127.0.0.1:"));
  const Ran asked =
      Process(
          {"openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + std::to_string(site.port)},
          site.path("output/client"), "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
          .wait();
  CHECK(contains(asked.out, "HTTP/1.1 200 OK"));
  CHECK(talk(site.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 0);
}
