// What is done with whole files: locked, replaced at once, listed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

// Locks are flock's: they end with the descriptor, and are not dropped when the process closes
// another descriptor of the same file, as fcntl's are. Nobody removes a file that is locked.

// The file of that name, created (mode 0640) if it is missing; a link is not followed. No
// descriptor, with errno, if that fails.
UniqueFd open_lock(const std::filesystem::path& path);
// True if another process holds it alone. Does not wait, and changes nothing.
bool is_held_by_another(const UniqueFd& file);
// Waits until this process alone holds it.
Result<UniqueFd> lock_file(const std::filesystem::path& path);
// The same; fails with a sentence if another process holds it for so long.
Result<UniqueFd> lock_file_within(std::chrono::milliseconds limit,
                                  const std::filesystem::path& path);
// This process alone holds it from now on; false at once if another does.
bool try_to_lock(const UniqueFd& file);
// Holds it beside others who do the same; false at once if another process holds it alone.
bool try_to_share_lock(const UniqueFd& file);

// Puts `text` into the file of that name, whether there is one or not: readers see the old or the
// new content, also after a power cut. Its mode is `mode`, whatever the umask. Blocks for the disk.
Result<void> replace_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

// The same; the new file is locked by this process alone before anybody can see it.
Result<UniqueFd> replace_file_and_hold(const std::filesystem::path& path, std::string_view text,
                                       mode_t mode);

// What is in a directory, sorted by name; what could be read until `error`.
std::vector<std::filesystem::path> list_directory(const std::filesystem::path& directory,
                                                  std::error_code& error);

}  // namespace actiond
