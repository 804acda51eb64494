// Names that become names in the broker, and the rules between the keys that hold them.
#pragma once

#include <string>
#include <string_view>

#include "base/config/config.hpp"
#include "base/config/section.hpp"

namespace actiond {

// A name of letters, digits, _ and -, at most 100 bytes.
void read_name(const Section& root, std::string_view key, std::string& field);

// `queues:` and `default_queue:`, then: no queue is named (there, or in an event that config
// already holds) that is not in `queues:`.
void read_queues(const Section& root, Config& config);

}  // namespace actiond
