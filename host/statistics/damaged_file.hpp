// A statistics file that is no SQLite file any more: it is moved aside, and pollers go on with a
// new one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace actiond {

// Which file is at a path: another may be put there at any time.
struct FileIdentity {
  unsigned long device = 0, inode = 0;
  bool operator==(const FileIdentity&) const = default;
};
// Zeros: none, or it can't be looked at.
FileIdentity identity_of(const std::filesystem::path& path);

// The file, if it is damaged, by a look at its beginning. Nothing for one that can't be read, or is
// locked.
std::optional<FileIdentity> find_damage(const std::filesystem::path& path);

// Renames that one to PATH.damaged, without SQLite's files beside it. What it returns says so;
// nothing if another process has done it. The file must not be open in this process.
std::optional<std::string> move_aside(const std::filesystem::path& path,
                                      const FileIdentity& damaged);

}  // namespace actiond
