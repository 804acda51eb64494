// The address of a queue in memcached: memcached://host:11211, one server.
#pragma once

#include <string>
#include <string_view>

#include "client/result.hpp"

namespace action::memcached {

struct ServerAddress {
  std::string host = "127.0.0.1";
  int port = 11211;
  std::string shown;  // for people and logs
};

// Is it an address of this kind at all?
bool is_memcached(std::string_view address);
// Fails on a user, a path or a bad port: memcached has none of the first two.
Result<ServerAddress> parse_memcached_address(std::string_view text);
// Do these two lead to the same server?
bool is_same_server(std::string_view one, std::string_view other);

}  // namespace action::memcached
