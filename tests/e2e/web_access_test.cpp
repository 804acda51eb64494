// Who may come to the page, from where, and how much of it they get.
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "page_site.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

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

TEST_CASE("web: clients that take no answer shut nobody out") {
  PageSite site;
  site.serve();
  std::string requests;  // for more than the kernel keeps of the answers
  for (int i = 0; i < 1000; ++i) requests += "GET /page.css HTTP/1.1\r\nHost: localhost\r\n\r\n";
  std::vector<int> deaf;
  for (int i = 0; i < 64; ++i) {
    deaf.push_back(connect_to_port(site.port));
    REQUIRE(deaf.back() >= 0);
    (void)!::send(deaf.back(), requests.data(), requests.size(), MSG_NOSIGNAL);
  }
  for (const int fd : deaf) {
    pollfd answered{fd, POLLIN, 0};
    REQUIRE(::poll(&answered, 1, 20'000) == 1);
  }
  CHECK(ask_page(site.port, "", "GET /healthz").status == 200);
  for (const int fd : deaf) ::close(fd);
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
