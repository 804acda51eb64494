// The directory that plugins are dropped into.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace actiond {

// The .so files in it, sorted by name; those whose name begins with a dot are somebody's temporary
// files and left out. Fails with a sentence if it can't be read.
Result<std::vector<std::string>> list_plugins(const std::filesystem::path& directory);

}  // namespace actiond
