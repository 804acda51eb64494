// From the tree of a file to the fields of Config, with the rules between them.
#pragma once

#include <filesystem>

#include "base/config/config.hpp"
#include "base/config/tree.hpp"

namespace actiond {

// Reads what root (environment merged, variables expanded) holds over what config holds; relative
// paths are relative to base.
void read_config(const Tree& root, const std::filesystem::path& base, Config& config,
                 Problems& problems);

}  // namespace actiond
