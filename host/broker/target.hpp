// What the configuration says of RabbitMQ, as the client library wants it told.
#pragma once

#include <string>

#include "base/config.hpp"
#include "client/link.hpp"

namespace actiond {

action::Topology topology_of(const Config& config);

// All of the configuration's brokers. Fails if an address can't be understood.
Result<action::Link::Target> target_of(const Config& config, const std::string& name);

}  // namespace actiond
