#include "http.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace {

using namespace std::chrono_literals;

constexpr int kPatience_ms = 20'000;

// How long the whole answer is, once its head is there; else 0.
std::size_t expected_size(const std::string& text, bool has_body) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  const auto length = text.find("Content-Length: ");
  const bool is_there = has_body && length != std::string::npos && length < end;
  return end + 4 + (is_there ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0);
}

}  // namespace

int connect_to_port(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

HttpAnswer talk(int port, const std::string& text) {
  const int fd = connect_to_port(port);
  if (fd < 0) return {};
  (void)!::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  std::string got;
  char part[65536];
  for (pollfd ready{fd, POLLIN, 0}; ::poll(&ready, 1, kPatience_ms) > 0;) {
    const auto size = ::read(fd, part, sizeof part);
    if (size <= 0) break;
    got.append(part, static_cast<std::size_t>(size));
    const auto expected = expected_size(got, !text.starts_with("HEAD"));
    if (expected > 0 && got.size() >= expected) break;
  }
  ::close(fd);
  const auto end = got.find("\r\n\r\n");
  if (end == std::string::npos || !got.starts_with("HTTP/1.1 ")) return {};
  return {std::atoi(got.c_str() + 9), got.substr(0, end + 2), got.substr(end + 4)};
}

HttpAnswer ask_page(int port, const std::string& token, const std::string& what,
                    const std::string& body) {
  std::string text = what + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
  if (what.starts_with("POST"))
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return talk(port, text + "\r\n" + body);
}
