// What the configuration says of its broker, as the client library wants it told.
#pragma once

#include <string>

#include "base/config/config.hpp"
#include "client/link.hpp"

namespace actiond {

action::Topology topology_of(const Config& config);

// All of the configuration's brokers, or its queue file. Fails if an address can't be understood.
// `name` tells the broker's operator who this is.
Result<action::Link::Target> target_of(const Config& config, const std::string& name);

}  // namespace actiond
