// Who else could change a file that this process obeys. Asked before the
// configuration is read, and before a plugin is loaded.
#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace actiond {

// When running as root: fails if another user could write to what path names (a link is followed):
// it is owned by another user, writable by a group other than root's, or by everyone. The sentence
// holds the command that mends it. When not running as root: always a success.
Result<void> check_not_writable_by_others(const std::filesystem::path& path);

// The same of an open file, so that what was checked is what is read; path is for the sentence.
Result<void> check_not_writable_by_others(int fd, const std::filesystem::path& path);

}  // namespace actiond
