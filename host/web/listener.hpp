// Sockets that listen: by TCP, or in the file system.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"
#include "web/listen_address.hpp"

namespace actiond::web {

// Non-blocking. A socket in the file system that nobody listens on any more is replaced; user and
// group may connect to it. Fails with a sentence.
Result<UniqueFd> listen_on(const ListenAddress& address);

// The port that it got, where 0 was asked for.
std::uint16_t port_of(const UniqueFd& listener);

// "127.0.0.1", or "unix" for a socket in the file system.
std::string peer_of(int connection);

}  // namespace actiond::web
