#pragma once

#include "broker/look.hpp"
#include "client/link.hpp"

namespace actiond {

// See look_at_broker.
Result<BrokerLook> look_at_memcached(const action::Link::Target& target,
                                     std::chrono::milliseconds timeout);

}  // namespace actiond
