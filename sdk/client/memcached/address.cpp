#include "client/memcached/address.hpp"

#include <algorithm>
#include <charconv>

namespace action::memcached {
namespace {

constexpr std::string_view kMemcachedScheme = "memcached://";

bool read_port_number(std::string_view text, int& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

Error bad_address(const char* what) {
  return {std::string("the address of memcached ") + what +
          ": write it as memcached://host:11211, for one server"};
}

}  // namespace

bool is_memcached(std::string_view address) {
  return address.starts_with(kMemcachedScheme);
}

Result<ServerAddress> parse_memcached_address(std::string_view text) {
  if (!is_memcached(text)) return bad_address("has another scheme");
  text.remove_prefix(kMemcachedScheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find('@') != std::string_view::npos)
    return bad_address("has a user, which it can't use");
  if (text.find_first_of("/?#, ") != std::string_view::npos)
    return bad_address("has more than host and port");
  ServerAddress address;
  const auto behind_host = text.starts_with('[') ? text.find(']') : 0;
  if (behind_host == std::string_view::npos) return bad_address("has a '[' without a ']'");
  const auto colon = text.find(':', behind_host);
  auto host = text.substr(0, std::min(colon, text.size()));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (!host.empty()) address.host = host;
  if (colon != std::string_view::npos && !read_port_number(text.substr(colon + 1), address.port))
    return bad_address("has no port from 1 to 65535");
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  address.shown = std::string(kMemcachedScheme) +
                  (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" +
                  std::to_string(address.port);
  return address;
}

bool is_same_server(std::string_view one, std::string_view other) {
  const auto mine = parse_memcached_address(one), theirs = parse_memcached_address(other);
  return mine && theirs && mine->host == theirs->host && mine->port == theirs->port;
}

}  // namespace action::memcached
