#include "web/host_list.hpp"

#include <algorithm>

namespace actiond::web {
namespace {

std::string lowered(std::string text) {
  for (char& each : text)
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  return text;
}

// "name:1" -> "name", "[::1]:1" -> "[::1]"; nothing if what stands behind the colon is no port.
std::string without_port(const std::string& host) {
  const auto colon = host.rfind(':');
  if (colon == std::string::npos || host.ends_with(']')) return host;
  const auto port = host.substr(colon + 1);
  const bool is_port =
      port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  return is_port ? host.substr(0, colon) : "";
}

}  // namespace

HostList::HostList(const std::vector<ListenAddress>& addresses,
                   const std::vector<std::string>& further)
    : names_{"localhost", "127.0.0.1", "[::1]"} {
  for (const auto& address : addresses)
    if (!address.is_unix()) names_.push_back(without_port(address.authority()));
  for (const auto& name : further) names_.push_back(lowered(name));
}

bool HostList::allows(const std::string& host) const {
  const std::string whole = lowered(host), name = without_port(whole);
  return !name.empty() && std::any_of(names_.begin(), names_.end(), [&](const auto& known) {
    return known == whole || known == name;
  });
}

}  // namespace actiond::web
