// `web:`, read from the file.
#pragma once

#include <filesystem>

#include "base/config/config.hpp"
#include "base/config/section.hpp"

namespace actiond {

// Addresses are judged when they are listened to; no sentence shows the password.
void read_web(const Section& root, const std::filesystem::path& base, Config& config);

}  // namespace actiond
