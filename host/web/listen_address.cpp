#include "web/listen_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <charconv>

#include "base/text.hpp"

namespace actiond::web {
namespace {

constexpr std::string_view kUnix = "unix:";

bool is_ip(const std::string& text, int family) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(family, text.c_str(), bytes) == 1;
}

Error not_an_address(const std::string& text) {
  return {
      fmt::format("the page can't listen on {}: write an address and a port as in 127.0.0.1:7460, "
                  "[::1]:7460 or unix:/run/actiond/web.sock",
                  in_quotes(text))};
}

}  // namespace

bool ListenAddress::is_local() const {
  return is_unix() || address.starts_with("127.") || address == "::1";
}

std::string ListenAddress::authority() const {
  return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                : fmt::format("[{}]:{}", address, port);
}

Result<ListenAddress> parse_listen_address(const std::string& text) {
  ListenAddress parsed;
  if (text.starts_with(kUnix)) {
    parsed.path = text.substr(kUnix.size());
    if (!parsed.path.empty() && parsed.path.native().size() < sizeof(sockaddr_un::sun_path))
      return parsed;
    return not_an_address(text);
  }
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return not_an_address(text);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, parsed.port);
  parsed.address = text.substr(0, colon);
  if (parsed.address == "localhost") parsed.address = "127.0.0.1";
  const bool is_bracketed = parsed.address.starts_with('[') && parsed.address.ends_with(']');
  if (is_bracketed) parsed.address = parsed.address.substr(1, parsed.address.size() - 2);
  const bool is_port = error == std::errc() && stop == end;
  if (!is_port || !is_ip(parsed.address, is_bracketed ? AF_INET6 : AF_INET))
    return not_an_address(text);
  return parsed;
}

Result<void> check_exposure(const ListenAddress& address, const WebConfig& web) {
  if (address.is_local() || !web.certfile.empty() || web.is_behind_proxy) return {};
  return Error{fmt::format(
      "the page would show itself without TLS on {}: set web.certfile and web.keyfile, or "
      "web.behind_proxy: true if a proxy with TLS stands before it, or listen on 127.0.0.1",
      address.authority())};
}

}  // namespace actiond::web
