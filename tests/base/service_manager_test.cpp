#include "base/service_manager.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>

#include "base/fd.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

// Listens as systemd does, in the abstract namespace.
class Manager {
 public:
  Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&any), sizeof any.sun_family) == 0);
    socklen_t size = sizeof any;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&any), &size);
    const std::string name(any.sun_path + 1, size - sizeof any.sun_family - 1);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  }
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  // What comes next; a descriptor that comes with it is closed.
  std::string receive() const {
    std::array<char, 256> text{};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec part{text.data(), text.size()};
    msghdr message{nullptr, 0, &part, 1, control, sizeof control, 0};
    const ssize_t size = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    int passed = -1;
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message))
      std::memcpy(&passed, CMSG_DATA(header), sizeof passed);
    if (passed >= 0) ::close(passed);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  UniqueFd socket_;
};

}  // namespace

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
