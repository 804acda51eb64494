// Tells one version of a file from another.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace actiond {

// The first 12 hexadecimal digits of the SHA-256 of a file's content. Blocks while it reads.
Result<std::string> content_hash(const std::filesystem::path& file);

}  // namespace actiond
