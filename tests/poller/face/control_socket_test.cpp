#include "poller/face/control_socket.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/duration.hpp"

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
  const auto answer = [](const nlohmann::json&) { return nlohmann::json::object(); };
  const auto one = control_path(directory, std::nullopt, 7);
  const auto other = control_path(directory, std::nullopt, 7);
  CHECK(one != other);
  {
    ControlSocket first(io, one, answer);
    ControlSocket second(io, other, answer);
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
  int lost = 0;
  const auto path = control_path(directory, 1, 7);
  ControlSocket socket(
      io, path, [](const nlohmann::json&) { return nlohmann::json::object(); }, [&] { ++lost; });
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
