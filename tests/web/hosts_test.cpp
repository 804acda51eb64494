// Where it listens, and under which names it answers.
#include <doctest/doctest.h>

#include "web/host_list.hpp"

using namespace actiond;
using namespace actiond::web;

TEST_CASE("listen address: an address with a port, or a path") {
  CHECK(*parse_listen_address("127.0.0.1:7460") == ListenAddress{"127.0.0.1", 7460, {}});
  CHECK(*parse_listen_address("localhost:80") == ListenAddress{"127.0.0.1", 80, {}});
  CHECK(*parse_listen_address("[::1]:7460") == ListenAddress{"::1", 7460, {}});
  CHECK(parse_listen_address("[::1]:7460")->authority() == "[::1]:7460");
  CHECK(parse_listen_address("unix:/run/web.sock")->path == "/run/web.sock");
  for (const std::string bad :
       {"", "7460", ":7460", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:1x", "::1:80",
        "[127.0.0.1]:80", "example.com:80", "unix:", "1.2.3:4", "127.0.0.1:-1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_listen_address(bad).ok());
  }
  CHECK_FALSE(parse_listen_address("unix:/" + std::string(200, 'x')).ok());
}

TEST_CASE("listen address: beyond this machine it wants TLS or a proxy") {
  const auto is_safe = [](const char* address, const WebConfig& web) {
    return check_exposure(*parse_listen_address(address), web).ok();
  };
  WebConfig tls, proxy;
  tls.certfile = "/cert.pem";
  proxy.is_behind_proxy = true;
  for (const char* local : {"127.0.0.1:1", "127.3.4.5:1", "[::1]:1", "unix:/run/web.sock"})
    CHECK(is_safe(local, {}));
  for (const char* open : {"0.0.0.0:1", "[::]:1", "192.168.1.2:1", "128.0.0.1:1"}) {
    CAPTURE(open);
    CHECK_FALSE(is_safe(open, {}));
    CHECK(is_safe(open, tls));
    CHECK(is_safe(open, proxy));
  }
}

TEST_CASE("host list: its own addresses, this machine's names and further ones, by any port") {
  const HostList hosts({{"192.168.1.2", 7460, {}}, {"", 0, "/run/web.sock"}},
                       {"Shop.example.com", "other.example.com:8443"});
  for (const char* good : {"localhost", "localhost:7460", "LOCALHOST:1", "127.0.0.1:7460", "[::1]",
                           "[::1]:7460", "192.168.1.2:7460", "192.168.1.2", "shop.example.com",
                           "SHOP.example.com:443", "other.example.com:8443"}) {
    CAPTURE(good);
    CHECK(hosts.allows(good));
  }
  for (const char* bad :
       {"", "evil.example", "localhost.evil.example", "evil.localhost", "shop.example.com.",
        "127.0.0.1.evil.example:7460", "other.example.com", "other.example.com:1", "127.0.0.2",
        "localhost:7460:1", "localhost:port", "localhost:123456", "[::1", "::1", ":7460",
        "user@localhost", "localhost/", "localhost evil.example"}) {
    CAPTURE(bad);
    CHECK_FALSE(hosts.allows(bad));
  }
}
