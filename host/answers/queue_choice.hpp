// Which queue an event goes to that is queued from outside of a handler.
#pragma once

#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

// Fails, with the nearest of them, unless the configuration has this queue.
Result<void> check_queue(const Config& config, const std::string& queue);

// The `asked` one if any, else what the configuration's events: says, else its default_queue. Fails
// if the configuration has no such queue. What a plugin declares is not known here.
Result<std::string> choose_queue(const Config& config, const std::string& event,
                                 const std::string& asked);

// Which queue an event goes back to: its `origin`, or, if the configuration has no such queue any
// more, the one where it would go now.
Result<std::string> choose_origin(const Config& config, const std::string& event,
                                  const std::string& origin);

}  // namespace actiond
