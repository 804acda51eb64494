#include "broker/target.hpp"

namespace actiond {
namespace {

constexpr char kWaysOut[] =
    "; there is no configuration file either: start a RabbitMQ on this machine, or write "
    "'broker: sqlite:queue.db' into ./actiond.yaml, which needs none";

}  // namespace

action::Topology topology_of(const Config& config) {
  return {config.application, config.queues, config.queue_type};
}

Result<action::Link::Target> target_of(const Config& config, const std::string& name) {
  action::Link::Target target;
  for (const auto& address : config.brokers)
    if (auto read = action::read_addresses(address, target); !read) return read.error();
  target.topology = topology_of(config);
  target.name = name;
  if (config.file.empty()) target.advice = kWaysOut;
  return target;
}

}  // namespace actiond
