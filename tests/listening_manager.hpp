// A service manager that listens as systemd does.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "base/fd.hpp"

// In the abstract namespace; for as long as it lives, $NOTIFY_SOCKET names it.
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
  actiond::UniqueFd socket_;
};
