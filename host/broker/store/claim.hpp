// An event that a poller has taken from a database, or from memcached.
#pragma once

#include <cstdint>

#include "client/message.hpp"

namespace actiond {

struct StoredClaim {
  std::int64_t seq = 0;  // the tag of its delivery: its row, or its queue's slot
  bool is_redelivered = false;
  action::Message message;
};

}  // namespace actiond
