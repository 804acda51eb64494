// All that waits in a broker, to be moved to another one: the events in its queues, those that are
// to come later, and the dead letters. What a poller has in hand is not among it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "base/result.hpp"
#include "client/link.hpp"
#include "client/message.hpp"

namespace actiond {

struct Waiting {
  std::string queue;           // its short name, or action::kDead
  std::int64_t due_at_ms = 0;  // not to run before, since 1970 UTC; 0: at once
  action::Message message;
  std::uint64_t source = 0, tag = 0;  // the backlog's own
};

// One thread.
class Backlog {
 public:
  virtual ~Backlog() = default;

  // Takes up to `most` of what waits; none: there is no more. What was taken and is not removed
  // when the backlog ends, however that is, waits as before, once the broker has noticed the end.
  virtual Result<std::vector<Waiting>> take(std::size_t most) = 0;
  // These are stored elsewhere.
  virtual Result<void> remove(const std::vector<Waiting>& stored) = 0;
  // Makes sure that all is removed that should be.
  virtual Result<void> close() = 0;
};

// `name` tells the broker's operator who this is. Blocks, up to `timeout` for each broker.
Result<std::unique_ptr<Backlog>> open_backlog(const Config& config, const std::string& name,
                                              std::chrono::milliseconds timeout);

// Whether both lead to the same events, by whatever names. Blocks as open_backlog does.
Result<bool> is_same_backlog(const action::Link::Target& one, const action::Link::Target& other,
                             std::chrono::milliseconds timeout);

}  // namespace actiond
