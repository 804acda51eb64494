#include "client/dial.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstring>

#include "client/rabbitmq/limits.hpp"

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// A port of 127.0.0.1, as an address. Silent: its queue of connections is full, so that further
// ones get no answer, as from a firewall that drops packets.
class Port {
 public:
  enum Kind { Listening, Silent, Closed };
  explicit Port(Kind kind) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    if (kind != Closed) ::listen(fd_, kind == Silent ? 0 : 16);
    address_.text = "port " + std::to_string(ntohs(address.sin_port));
    address_.size = size;
    std::memcpy(&address_.socket, &address, sizeof address);
    for (int i = 0; kind == Silent && i < 3; ++i) {
      fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      ::connect(fillers_.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
  }
  ~Port() {
    for (const int fd : fillers_) ::close(fd);
    ::close(fd_);
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  const action::Address& address() const { return address_; }

 private:
  int fd_;
  std::vector<int> fillers_;
  action::Address address_;
};

}  // namespace

TEST_CASE("dial: an address that does not answer holds up the next one for a quarter of a second") {
  const Port silent(Port::Silent), closed(Port::Closed), listening(Port::Listening);
  const auto began = Clock::now();
  const auto fd =
      action::connect_to_first({silent.address(), closed.address(), listening.address()}, 30s);
  REQUIRE(fd);
  CHECK(Clock::now() - began >= 250ms);
  CHECK(Clock::now() - began < 15s);
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  REQUIRE(::getpeername(*fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0);
  CHECK("port " + std::to_string(ntohs(peer.sin_port)) == listening.address().text);
  ::close(*fd);
}

TEST_CASE("dial: all that failed are named, each with its reason") {
  const Port silent(Port::Silent), closed(Port::Closed);
  const auto fd = action::connect_to_first({silent.address(), closed.address()}, 600ms);
  REQUIRE(!fd);
  CHECK(fd.error().text ==
        closed.address().text + ": Connection refused, " + silent.address().text + ": no answer");
}

TEST_CASE("dial: an address needs no name server, and a slow one is not waited for") {
  const auto numeric = action::resolve("127.0.0.1", 5672, 0ms);
  REQUIRE(numeric);
  CHECK(numeric->front().text == "127.0.0.1");
  const auto slow = action::resolve("no-such-host.invalid", 5672, 0ms);
  REQUIRE(!slow);
  CHECK(slow.error().text.find("no-such-host.invalid") != std::string::npos);
}

TEST_CASE("limits: which one a broker has met is told, and how to raise it") {
  const struct {
    const char* text;
    const char* what;
  } rows[] = {
      {"NOT_ALLOWED - access to vhost '/' refused for user 'u': connection limit (2) is reached",
       "no more connections ("},
      {"NOT_ALLOWED - Connection refused for user 'u': user connection limit (2) is reached",
       "no more connections of this user"},
      {"NOT_ALLOWED - connection refused: node connection limit (1) is reached",
       "no more connections to this node"},
      {"NOT_ALLOWED - number of channels opened for user 'u' has reached the maximum allowed user "
       "limit of (3)",
       "no more channels of this user"},
      {"NOT_ALLOWED - number of channels opened (4) has reached the negotiated channel_max (4)",
       "no more channels on one connection"},
      {"PRECONDITION_FAILED - cannot declare queue 'q': queue limit in vhost '/' (5) is reached",
       "no more queues in this virtual host"},
      {"PRECONDITION_FAILED - cannot declare exchange 'x' in vhost '/': exchange limit of 10 is "
       "reached",
       "no more exchanges"},
  };
  for (const auto& row : rows) {
    const auto limit = action::explain_limit(row.text);
    REQUIRE(limit);
    CHECK(limit->find(row.what) != std::string::npos);
    CHECK(limit->find(row.text) != std::string::npos);
  }
  CHECK(!action::explain_limit("NOT_ALLOWED - vhost '/x' not found"));
}
