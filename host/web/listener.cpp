#include "web/listener.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace actiond::web {
namespace {

constexpr int kBacklog = 1024;
constexpr mode_t kWithoutOthers = 0117;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address address_of(const ListenAddress& wanted) {
  Address address;
  if (wanted.is_unix()) {
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, wanted.path.c_str(), wanted.path.native().size());
    address.size = sizeof local;
  } else if (wanted.address.find(':') != std::string::npos) {
    auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(wanted.port);
    ::inet_pton(AF_INET6, wanted.address.c_str(), &six.sin6_addr);
    address.size = sizeof six;
  } else {
    auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
    four.sin_family = AF_INET;
    four.sin_port = htons(wanted.port);
    ::inet_pton(AF_INET, wanted.address.c_str(), &four.sin_addr);
    address.size = sizeof four;
  }
  return address;
}

// A socket that a killed process has left; one on which somebody listens stays.
void remove_stale(const ListenAddress& wanted) {
  Address address = address_of(wanted);
  struct stat status {};
  if (::lstat(wanted.path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED)
    ::unlink(wanted.path.c_str());
}

std::string text_of(const ListenAddress& address) {
  return address.is_unix() ? address.path.native() : address.authority();
}

}  // namespace

Result<UniqueFd> listen_on(const ListenAddress& wanted) {
  Address address = address_of(wanted);
  if (wanted.is_unix()) remove_stale(wanted);
  UniqueFd listener(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!wanted.is_unix()) ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const mode_t before = ::umask(kWithoutOthers);
  const bool is_bound = listener && ::bind(listener.get(), address.get(), address.size) == 0;
  ::umask(before);
  if (!is_bound || ::listen(listener.get(), kBacklog) != 0) {
    const auto reason = errno;
    return Error{fmt::format(
        "the page can't listen on {}: {}{}", text_of(wanted), std::strerror(reason),
        reason == EADDRINUSE ? ": another process has it; choose another with --listen" : "")};
  }
  return listener;
}

std::uint16_t port_of(const UniqueFd& listener) {
  Address address;
  address.size = sizeof address.storage;
  if (::getsockname(listener.get(), address.get(), &address.size) != 0) return 0;
  if (address.storage.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in&>(address.storage).sin_port);
}

std::string peer_of(int connection) {
  Address address;
  address.size = sizeof address.storage;
  char text[INET6_ADDRSTRLEN] = "unix";
  if (::getpeername(connection, address.get(), &address.size) != 0) return "nobody";
  if (address.storage.ss_family == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(address.storage).sin_addr, text,
                sizeof text);
  else if (address.storage.ss_family == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6&>(address.storage).sin6_addr, text,
                sizeof text);
  return text;
}

}  // namespace actiond::web
