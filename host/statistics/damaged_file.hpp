// A statistics file that is no SQLite file any more: it is moved aside, and pollers go on with a
// new one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace actiond {

// Looks at its beginning. False for one that can't be read, or is locked.
bool is_damaged(const std::filesystem::path& path);

// Renames it to PATH.damaged, without SQLite's files beside it. What it returns says so; nothing if
// another process has done it. The file must not be open in this process.
std::optional<std::string> move_aside(const std::filesystem::path& path);

}  // namespace actiond
