#include "broker/fleet.hpp"

#include <fmt/format.h>

namespace actiond {

std::string to_host(std::string_view host) {
  return fmt::format("host.{}", host);
}

std::string to_poller(std::string_view host, std::string_view id) {
  return fmt::format("poller.{}.{}", host, id);
}

}  // namespace actiond
