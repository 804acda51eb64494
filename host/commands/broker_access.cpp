#include "commands/broker_access.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "broker/rabbitmq/rabbit_target.hpp"

namespace actiond {
namespace {

Result<BrokerAccess> reach(const action::BrokerUrl& url, const std::string& name,
                           std::chrono::milliseconds timeout) {
  auto connection = action::Connection::open(url, name, timeout);
  if (!connection) return connection.error();
  if (auto opened = (*connection)->open_channel(kAccessChannel); !opened) return opened.error();
  return BrokerAccess{std::move(*connection), url.display()};
}

}  // namespace

Result<action::Link::Target> broker_target(const Config& config) {
  return target_of(config, fmt::format("actiond (pid {})", ::getpid()));
}

Result<BrokerAccess> reach_broker(const action::Link::Target& target,
                                  std::chrono::milliseconds timeout) {
  std::string problems;
  for (const auto& url : target.brokers) {
    auto access = reach(url, target.name, timeout);
    if (access) return access;
    if (!problems.empty()) problems += "; ";
    problems += access.error().text;
  }
  return Error{problems};
}

}  // namespace actiond
