// Reads `remote:` and `remote_secret:`.
#pragma once

#include "base/config/config.hpp"
#include "base/config/section.hpp"

namespace actiond {

// Full remote control without a word on the secret is a problem; `remote_secret: none` is that
// word.
void read_remote(const Section& root, Config& config);

}  // namespace actiond
