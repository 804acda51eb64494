// Where the page listens, and whether that is safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/config/web_config.hpp"
#include "base/result.hpp"

namespace actiond::web {

// An address and a port, or a path.
struct ListenAddress {
  std::string address;  // "127.0.0.1", "::1"; empty: a Unix socket
  std::uint16_t port = 0;
  std::filesystem::path path;

  bool is_unix() const { return address.empty(); }
  // Nobody else's machine reaches it.
  bool is_local() const;
  // "127.0.0.1:7460", "[::1]:7460": as a URL has it.
  std::string authority() const;

  bool operator==(const ListenAddress&) const = default;
};

// "127.0.0.1:7460", "[::1]:7460", "localhost:7460", "unix:/run/actiond/web.sock". Fails with a
// sentence.
Result<ListenAddress> parse_listen_address(const std::string& text);

// Fails if others could read along: beyond this machine it wants TLS, or a proxy that has it.
Result<void> check_exposure(const ListenAddress& address, const WebConfig& web);

}  // namespace actiond::web
