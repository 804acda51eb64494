// Who may ask for what, without a socket.
#include "web/router.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <future>
#include <memory>
#include <vector>

using namespace actiond;
using namespace actiond::web;
using namespace std::chrono_literals;

namespace {

const std::string kSecret = "the-secret";

// What threads look at lives as long as the process, and is known to it.
Config* made_config() {
  static auto& made = *new std::vector<std::unique_ptr<Config>>;
  return made.emplace_back(std::make_unique<Config>()).get();
}

class RouterScene {
 public:
  explicit RouterScene(const WebConfig& web = {}) {
    std::string path = std::filesystem::temp_directory_path() / "actiond-web-XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    config->run_dir = path;
    config->brokers = {"sqlite:" + path + "/queue.db"};
    config->web = web;
    router.emplace(*config, HostList({}, {}), kSecret, "1.0",
                   [](std::chrono::milliseconds, const std::function<void()>&) {});
  }
  ~RouterScene() { std::filesystem::remove_all(config->run_dir); }

  Response ask(const Request& request) {
    auto answered = std::make_shared<std::promise<Response>>();
    auto answer = answered->get_future();
    router->handle(request, [answered](Response response) { answered->set_value(response); });
    REQUIRE(answer.wait_for(20s) == std::future_status::ready);
    return answer.get();
  }
  Request get(const std::string& path, bool has_token = true) const {
    Request request;
    request.method = "GET";
    request.path = path;
    request.host = "localhost";
    request.peer = "127.0.0.1";
    if (has_token) request.authorization = "Bearer " + kSecret;
    return request;
  }
  Request post(const std::string& path, const std::string& body, bool has_token = true) const {
    Request request = get(path, has_token);
    request.method = "POST";
    request.content_type = "application/json; charset=utf-8";
    request.body = body;
    return request;
  }

  Config* config = made_config();
  std::optional<Router> router;
};

std::string header_of(const Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

}  // namespace

TEST_CASE("router: without a login there is the door, and whether it lives") {
  RouterScene scene;
  CHECK(scene.ask(scene.get("/healthz", false)).status == 200);
  CHECK(scene.ask(scene.get("/login", false)).status == 200);
  CHECK(scene.ask(scene.get("/page.js", false)).status == 200);
  CHECK(scene.ask(scene.get("/", false)).status == 303);
  CHECK(header_of(scene.ask(scene.get("/dead/x", false)), "Location") == "/login");
  for (const char* path : {"/api/v1/overview", "/api/v1/dead", "/api/v1/dead/x", "/nothing"})
    CHECK(scene.ask(scene.get(path, false)).status == 401);
}

TEST_CASE("router: with a token there are the pages") {
  RouterScene scene;
  for (const char* path : {"/", "/events", "/events/a%2Fb", "/running", "/pollers", "/plugins",
                           "/dead", "/dead/x", "/later", "/api/v1/session"}) {
    CAPTURE(path);
    CHECK(scene.ask(scene.get(path)).status == 200);
  }
  for (const char* path : {"/nothing", "/api", "/api/v2/overview", "/api/v1/dead/x/y", "/a//b",
                           "/%zz", "/events/a/b", "/api/v1/session/x"}) {
    CAPTURE(path);
    CHECK(scene.ask(scene.get(path)).status == 404);
  }
}

TEST_CASE("router: another name, another site, another method") {
  RouterScene scene;
  auto request = scene.get("/healthz");
  request.host = "evil.example";
  CHECK(scene.ask(request).status == 421);
  request.host = "";
  CHECK(scene.ask(request).status == 421);
  request = scene.post("/api/v1/pollers/stop", "{}");
  request.sec_fetch_site = "cross-site";
  CHECK(scene.ask(request).status == 403);
  request = scene.get("/");
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "<unknown>", "get"}) {
    request.method = method;
    CHECK(scene.ask(request).status == 405);
  }
}

TEST_CASE("router: a login opens the pages by a cookie, and a logout closes them") {
  RouterScene scene;
  auto login = scene.post("/api/v1/login", R"({"secret": "the-secret"})", false);
  login.sec_fetch_site = "same-origin";
  const auto entered = scene.ask(login);
  REQUIRE(entered.status == 200);
  const auto cookie = header_of(entered, "Set-Cookie");
  auto request = scene.get("/", false);
  request.cookie = cookie.substr(0, cookie.find(';'));
  CHECK(scene.ask(request).status == 200);
  auto logout = scene.post("/api/v1/logout", "{}", false);
  logout.sec_fetch_site = "same-origin";
  logout.cookie = request.cookie;
  CHECK(scene.ask(logout).status == 200);
  CHECK(scene.ask(request).status == 303);
}

TEST_CASE("router: wrong secrets, by login or by token, are counted together") {
  RouterScene scene;
  auto login = scene.post("/api/v1/login", R"({"secret": "wrong"})", false);
  login.origin = "http://localhost";
  auto token = scene.get("/", false);
  token.authorization = "Bearer wrong";
  for (int i = 0; i < 3; ++i) CHECK(scene.ask(login).status == 401);
  for (int i = 0; i < 2; ++i) CHECK(scene.ask(token).status == 303);
  const auto refused = scene.ask(login);
  CHECK(refused.status == 429);
  CHECK(header_of(refused, "Retry-After") == "60");
  CHECK_FALSE(refused.note.empty());
  for (const char* body : {"", "[]", "{}", R"({"secret": 5})", "\xff"}) {
    login.body = body;
    login.peer = "10.0.0.9";
    CHECK(scene.ask(login).status == 401);
  }
}

TEST_CASE("router: an action is JSON, of something that there is") {
  RouterScene scene;
  CHECK(scene.ask(scene.post("/api/v1/pollers/stop", "{}")).status == 400);
  CHECK(scene.ask(scene.post("/api/v1/pollers/stop", R"({"id": 1, "pid": 1})")).status == 409);
  for (const char* deed : {"/api/v1/queues/pause", "/api/v1/queues/resume"})
    CHECK(scene.ask(scene.post(deed, R"({"queue": "hihg"})")).status == 400);
  for (const char* deed : {"/api/v1/cron/run", "/api/v1/cron/pause", "/api/v1/cron/resume"})
    CHECK(scene.ask(scene.post(deed, R"({"name": "nihgtly"})")).status == 400);
  for (const char* deed : {"/api/v1/pollers/quiet", "/api/v1/pollers/resume"})
    CHECK(scene.ask(scene.post(deed, R"({"id": 1, "pid": 1})")).status == 409);
  CHECK(scene.ask(scene.post("/api/v1/later/run", R"({"queue": "low", "id": "i"})")).status == 400);
  CHECK(scene.ask(scene.post("/api/v1/later/run", R"({"queue": "low", "id": "i", "due_ms": 1})"))
            .status == 409);
  CHECK(scene.ask(scene.get("/api/v1/later")).body == "{\"later\":[],\"total\":0}\n");
  CHECK(scene.ask(scene.post("/api/v1/pollers/dance", "{}")).status == 404);
  CHECK(scene.ask(scene.post("/", "{}")).status == 404);
  CHECK(scene.ask(scene.post("/api/v1/dead/retry", "[]")).status == 400);
  auto form = scene.post("/api/v1/dead/retry", "a=b");
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                           "application/jsonx", "text/plain; application/json"}) {
    form.content_type = type;
    CHECK(scene.ask(form).status == 415);
  }
}

TEST_CASE("router: which dead letters must be said, and how many they are") {
  RouterScene scene;
  for (const char* wish :
       {"{}", R"({"ids": []})", R"({"ids": [5]})", R"({"ids": [""]})", R"({"event": "a"})",
        R"({"all": true})", R"({"all": true, "expect": -1})",
        R"({"all": true, "event": "a", "expect": 1})", R"({"expect": 0})"}) {
    CAPTURE(wish);
    CHECK(scene.ask(scene.post("/api/v1/dead/delete", wish)).status == 400);
  }
  const auto conflict =
      scene.ask(scene.post("/api/v1/dead/delete", R"({"all": true, "expect": 3})"));
  CHECK(conflict.status == 409);
  CHECK(conflict.body.find("nothing was done") != std::string::npos);
  const auto none = scene.ask(scene.post("/api/v1/dead/retry", R"({"all": true, "expect": 0})"));
  CHECK(none.status == 200);
  CHECK(none.note ==
        "retry 0 dead letters: done, 0 queued again, 0 refused (asked by a program at 127.0.0.1)");
}

TEST_CASE("router: read-only shows all, and changes nothing") {
  WebConfig web;
  web.is_read_only = true;
  RouterScene scene(web);
  CHECK(scene.ask(scene.get("/api/v1/dead")).status == 200);
  for (const char* deed : {"dead/retry", "dead/delete", "pollers/stop", "pollers/rollback",
                           "pollers/quiet", "pollers/resume", "queues/pause", "queues/resume",
                           "later/run", "cron/run", "cron/pause", "cron/resume"})
    CHECK(scene.ask(scene.post(std::string("/api/v1/") + deed, R"({"all": true, "expect": 0})"))
              .status == 403);
}

TEST_CASE("router: below its base path, and nowhere else") {
  WebConfig web;
  web.base_path = "/shop/";
  RouterScene scene(web);
  CHECK(scene.ask(scene.get("/shop/")).status == 200);
  CHECK(scene.ask(scene.get("/shop/events")).status == 200);
  CHECK(scene.ask(scene.get("/")).status == 404);
  CHECK(scene.ask(scene.get("/shop")).status == 404);
  CHECK(header_of(scene.ask(scene.get("/shop/", false)), "Location") == "/shop/login");
}
