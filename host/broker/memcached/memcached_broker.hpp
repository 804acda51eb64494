#pragma once

#include <memory>
#include <string>

#include "broker/broker.hpp"

namespace actiond {

// A queue in memcached, as a poller sees it. `address`: of the server. Blocks up to `timeout`.
Result<std::unique_ptr<Broker>> connect_memcached(const std::string& address, const Config& config,
                                                  const std::string& name,
                                                  std::chrono::milliseconds timeout);

}  // namespace actiond
