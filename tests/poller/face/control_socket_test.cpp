#include "poller/face/control_socket.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "../fake_clock.hpp"
#include "base/duration.hpp"
#include "base/fd.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("stop request: its timeout is a whole number of milliseconds, within reason") {
  const auto timeout = [](const char* request) {
    return stop_timeout(nlohmann::json::parse(request), 30s);
  };
  CHECK(timeout(R"({})").value() == 30s);
  CHECK(timeout(R"({"timeout_ms": 0})").value() == 0s);
  CHECK(timeout(R"({"timeout_ms": 1500})").value() == 1500ms);
  CHECK(timeout(R"({"timeout_ms": 3153600000000})").value() == kLongestDuration);
  for (const char* refused :
       {R"({"timeout_ms": 3153600000001})", R"({"timeout_ms": 18446744073709551615})",
        R"({"timeout_ms": 1e300})", R"({"timeout_ms": -1})", R"({"timeout_ms": 1.5})",
        R"({"timeout_ms": "30s"})", R"({"timeout_ms": null})"}) {
    CAPTURE(refused);
    REQUIRE_FALSE(timeout(refused));
    CHECK(timeout(refused).error().text ==
          "timeout_ms must be a whole number of milliseconds, at most 3153600000000");
  }
}

TEST_CASE(
    "control socket: two of one id and pid, in two containers, are two, and each goes alone") {
  std::string directory = (std::filesystem::temp_directory_path() / "control-XXXXXX").native();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  boost::asio::io_context io;
  FakeClock clock;
  const auto answer = [](const nlohmann::json&) { return nlohmann::json::object(); };
  const auto one = control_path(directory, std::nullopt, 7);
  const auto other = control_path(directory, std::nullopt, 7);
  CHECK(one != other);
  {
    ControlSocket first(io, clock, one, answer);
    ControlSocket second(io, clock, other, answer);
    REQUIRE(first.listen().ok());
    REQUIRE(second.listen().ok());
    // Somebody has put another file there: it is not this one's to remove.
    std::filesystem::remove(other);
    std::ofstream(other) << "another's";
  }
  CHECK_FALSE(std::filesystem::exists(one));
  CHECK(std::filesystem::exists(other));
  std::filesystem::remove_all(directory);
}

TEST_CASE("control socket: one that is removed is made again, unless its directory stays away") {
  std::string directory = (std::filesystem::temp_directory_path() / "control-XXXXXX").native();
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  boost::asio::io_context io;
  FakeClock clock;
  int lost = 0;
  const auto path = control_path(directory, 1, 7);
  ControlSocket socket(
      io, clock, path, [](const nlohmann::json&) { return nlohmann::json::object(); },
      [&] { ++lost; });
  REQUIRE(socket.listen().ok());
  std::filesystem::remove_all(directory);
  for (int i = 0; i < 2; ++i) socket.keep();
  std::filesystem::create_directory(directory);
  socket.keep();
  CHECK(std::filesystem::exists(path));
  std::filesystem::remove_all(directory);
  for (int i = 0; i < 2; ++i) socket.keep();
  CHECK(lost == 0);
  for (int i = 0; i < 5; ++i) socket.keep();
  CHECK(lost == 1);
}

namespace {

struct ControlScene {
  static std::filesystem::path make_directory() {
    std::string path = (std::filesystem::temp_directory_path() / "control-XXXXXX").native();
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    return path;
  }
  std::filesystem::path directory = make_directory();
  boost::asio::io_context io;
  FakeClock clock;
  int asked = 0;
  std::string answer = "yes";
  std::filesystem::path path = control_path(directory, 1, 7);
  std::unique_ptr<ControlSocket> socket =
      std::make_unique<ControlSocket>(io, clock, path, [this](const nlohmann::json&) {
        ++asked;
        return nlohmann::json{{"answer", answer}};
      });
  std::deque<UniqueFd> clients;

  ControlScene() { REQUIRE(socket->listen().ok()); }
  ~ControlScene() { std::filesystem::remove_all(directory); }

  UniqueFd& connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    auto& client = clients.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return client;
  }
  static void ask(const UniqueFd& client) { REQUIRE(::write(client.get(), "{}\n", 3) == 3); }
  void turn() {
    while (io.poll() > 0) continue;
  }
  static bool is_ended(const UniqueFd& client) {
    char part[64 * 1024];
    ssize_t got = 1;
    while (got > 0) got = ::recv(client.get(), part, sizeof part, MSG_DONTWAIT);
    return got == 0 || errno == ECONNRESET;
  }
};

// No descriptor more than there are.
struct NoDescriptorLeft {
  rlimit before{};
  NoDescriptorLeft() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{0, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptorLeft() { ::setrlimit(RLIMIT_NOFILE, &before); }
};

}  // namespace

TEST_CASE("control socket: who neither asks nor takes the answer is not kept for ever") {
  ControlScene scene;
  auto& client = scene.connect();
  SUBCASE("it says nothing") {}
  SUBCASE("it reads nothing") {
    scene.answer.assign(4 << 20, 'y');
    scene.ask(client);
  }
  scene.turn();
  CHECK(scene.clock.is_any_set());
  scene.clock.advance(4999ms);
  scene.turn();
  CHECK(scene.clock.is_any_set());
  scene.clock.advance(1ms);
  scene.turn();
  CHECK(scene.is_ended(client));
  CHECK_FALSE(scene.clock.is_any_set());
}

TEST_CASE("control socket: many that say nothing hold 32 descriptors, and then others are heard") {
  ControlScene scene;
  for (int i = 0; i < 40; ++i) scene.ask(scene.connect());
  scene.turn();
  CHECK(scene.asked == 40);
  for (int i = 0; i < 32; ++i) scene.connect();
  scene.turn();
  scene.ask(scene.connect());
  scene.turn();
  CHECK(scene.asked == 40);
  scene.clock.advance(5s);
  scene.turn();
  CHECK(scene.asked == 41);
}

TEST_CASE("control socket: when no descriptor is left it rests before it accepts again") {
  ControlScene scene;
  scene.ask(scene.connect());
  {
    const NoDescriptorLeft none;
    for (int i = 0; i < 10; ++i) scene.io.poll_one();
    CHECK(scene.clock.until_next() == 1s);
    CHECK(scene.io.poll() == 0);
  }
  CHECK(scene.asked == 0);
  scene.clock.advance(1s);
  scene.turn();
  CHECK(scene.asked == 1);
}

TEST_CASE("control socket: one that goes ends who has not asked yet") {
  ControlScene scene;
  auto& client = scene.connect();
  scene.turn();
  scene.socket.reset();
  CHECK(scene.is_ended(client));
  CHECK_FALSE(scene.clock.is_any_set());
  scene.turn();
}
