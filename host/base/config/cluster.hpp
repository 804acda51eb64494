// Reads `cluster:`.
#pragma once

#include "base/config/config.hpp"
#include "base/config/section.hpp"

namespace actiond {

void read_cluster(const Section& root, Config& config);

}  // namespace actiond
