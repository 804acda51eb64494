// A look at the broker for people: what waits in its queues. It changes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "broker/pauses.hpp"

namespace actiond {

// What a broker can't tell is absent; all of it where the queue is not there yet.
struct QueueLook {
  std::string name;
  std::optional<std::uint64_t> ready;
  std::optional<std::int64_t> oldest_ms;  // since when the first of those waits, since 1970 UTC
  std::optional<std::uint64_t> later;     // not before its time
  std::optional<std::uint64_t> in_hand;   // of pollers
  std::optional<std::uint64_t> consumers;
  std::optional<std::uint64_t> done, failed;  // so far, failed attempts
  std::optional<Pause> pause;                 // by which it is paused
  std::string problem;
};

// An event that a poller has taken, and since when.
struct InHandLook {
  std::string event, id, queue, poller;
  std::int64_t since_ms;  // since 1970 UTC
};

struct BrokerLook {
  std::string name;                 // without the password
  std::vector<QueueLook> queues;    // the configuration's, and the dead letters
  std::vector<InHandLook> in_hand;  // those that are longest there; only a queue file knows
};

// `name` tells the broker's operator who this is. Blocks, up to `timeout` for each broker.
Result<BrokerLook> look_at_broker(const Config& config, const std::string& name,
                                  std::chrono::milliseconds timeout);

// What the broker's user may not do though pollers need it, a sentence each, with the command that
// allows it. The queues must have been declared.
Result<std::vector<std::string>> missing_rights(const Config& config, const std::string& name,
                                                std::chrono::milliseconds timeout);

// Whether what is to run later comes: what is wrong, in a sentence, or nothing. The queues must
// have been declared. Blocks, for ten seconds more if it does not come.
Result<std::optional<std::string>> try_delays(const Config& config, const std::string& name,
                                              std::chrono::milliseconds timeout);

}  // namespace actiond
