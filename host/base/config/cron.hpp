// Reads `cron:`, a mapping of names to what recurs.
#pragma once

#include "base/config/config.hpp"
#include "base/config/section.hpp"

namespace actiond {

// After the queues: an entry may name one.
void read_cron(const Section& root, Config& config);

}  // namespace actiond
