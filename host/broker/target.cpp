#include "broker/rabbitmq/rabbit_target.hpp"

namespace actiond {

action::Topology topology_of(const Config& config) {
  return {config.application, config.queues,
          config.queue_type == QueueType::Quorum ? action::QueueKind::Quorum
                                                 : action::QueueKind::Classic};
}

Result<action::Link::Target> target_of(const Config& config, const std::string& name) {
  action::Link::Target target;
  for (const auto& address : config.brokers) {
    auto url = action::parse_broker_url(address);
    if (!url) return url.error();
    target.brokers.push_back(std::move(*url));
  }
  target.topology = topology_of(config);
  target.name = name;
  return target;
}

}  // namespace actiond
