// The broker as commands reach it: not as pollers do, which hold two connections and consume, but
// for a look or a publication.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/config.hpp"
#include "client/link.hpp"

namespace actiond {

// The configuration's brokers and topology. Fails if an address can't be understood.
Result<action::Link::Target> broker_target(const Config& config);

// A connection, with channel 1 open, to the first of the brokers that answers within `timeout`.
struct BrokerAccess {
  std::unique_ptr<action::Connection> connection;
  std::string name;  // without the password
};
Result<BrokerAccess> reach_broker(const action::Link::Target& target,
                                  std::chrono::milliseconds timeout);
inline constexpr amqp_channel_t kAccessChannel = 1;

}  // namespace actiond
