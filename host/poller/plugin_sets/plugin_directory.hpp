// The directory that plugins are dropped into.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace actiond {

// The .so files in it, sorted by name; those whose name begins with a dot are somebody's temporary
// files and left out. Fails with a sentence if it can't be read.
Result<std::vector<std::string>> list_plugins(const std::filesystem::path& directory);

// A file of this name in the directory holds what is new there back, until it is removed: for those
// who change several files. Whoever changes them by a program keeps it locked meanwhile.
inline constexpr char kHoldFile[] = ".hold";
// It is there. What can't be looked at is not.
bool is_on_hold(const std::filesystem::path& directory);
// What actiond deploy writes into its own.
inline constexpr std::string_view kDeployHold = "actiond deploy\n";
bool is_of_deploy(const std::filesystem::path& directory);
// The sentence for what waits for it: whose it is, and what to do.
Error on_hold(const std::filesystem::path& directory);

}  // namespace actiond
