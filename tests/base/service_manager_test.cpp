#include "base/service_manager.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "listening_manager.hpp"

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("service manager: it hears which process is the main one, and is waited for") {
  const Manager manager;
  CHECK(has_service_manager());
  std::string first, second;
  std::thread listening([&] {
    first = manager.receive();
    second = manager.receive();
  });
  announce_main_process(10s);
  listening.join();
  CHECK(first == fmt::format("MAINPID={}\nREADY=1", ::getpid()));
  CHECK(second == "BARRIER=1");
}

TEST_CASE(
    "service manager: without one nothing is said, and one that hangs is waited for no longer") {
  CHECK_FALSE(has_service_manager());
  announce_main_process(10s);
  const Manager deaf;
  announce_main_process(50ms);
  CHECK(deaf.receive().starts_with("MAINPID="));
}

TEST_CASE("service manager: children don't hear of it") {
  const Manager manager;
  ::setenv("WATCHDOG_USEC", "1", 1);
  ::setenv("SERVICE_MANAGER_TEST", "kept", 1);
  bool is_kept = false;
  for (const char* variable : environment_of_a_child()) {
    if (variable == nullptr) continue;
    is_kept |= std::string_view(variable) == "SERVICE_MANAGER_TEST=kept";
    CHECK_FALSE(std::string_view(variable).starts_with("NOTIFY_SOCKET="));
    CHECK_FALSE(std::string_view(variable).starts_with("WATCHDOG_USEC="));
  }
  CHECK(is_kept);
  ::unsetenv("WATCHDOG_USEC");
}

TEST_CASE("service manager: children can be kept from more variables, by their whole names") {
  ::setenv("SERVICE_MANAGER_TEST", "secret", 1);
  ::setenv("SERVICE_MANAGER_TEST_2", "kept", 1);
  bool is_kept = false;
  for (const char* variable : environment_of_a_child({"SERVICE_MANAGER_TEST", "ABSENT"})) {
    if (variable == nullptr) continue;
    is_kept |= std::string_view(variable) == "SERVICE_MANAGER_TEST_2=kept";
    CHECK_FALSE(std::string_view(variable).starts_with("SERVICE_MANAGER_TEST="));
  }
  CHECK(is_kept);
}
