// How long a poller may take from its start until it is at work. All that it does meanwhile has
// limits of its own; this is for one that can't keep them, because its plugins have stopped it.
#pragma once

#include <chrono>

#include "base/config/config.hpp"

namespace actiond {

// Of one with this configuration.
std::chrono::milliseconds start_limit(const Config& config);
// The same for who waits for its start to be told of, and knows only the configuration before: this
// may allow less.
std::chrono::milliseconds successor_limit(const Config& config_before);

}  // namespace actiond
