// The broker's addresses. They hold passwords: no sentence about them shows what stands there.
#pragma once

#include "base/config/config.hpp"
#include "base/config/section.hpp"

namespace actiond {

// `broker:`, one address or a list of them. Only the scheme is judged here; the rest of an address
// is parsed by the client library, when it connects.
void read_brokers(const Section& root, const std::filesystem::path& base, Config& config);

}  // namespace actiond
