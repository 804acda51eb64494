#include "poller/face/control_socket.hpp"

#include <doctest/doctest.h>

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
