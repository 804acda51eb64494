#include "commands/command.hpp"

#include <fmt/format.h>

#include "base/ownership.hpp"

namespace actiond {

std::filesystem::path daemon_log(const Config& config, int id) {
  return config.log.file.empty() ? config.run_dir / fmt::format("poller.{}.log", id)
                                 : config.log.file;
}

Result<void> make_run_dir(const Config& config) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_directory(config.run_dir, error)) {
    // Plugins are loaded from copies in there.
    const auto safe = check_not_writable_by_others(config.run_dir);
    return safe ? safe : safe.error().within("run_dir");
  }
  fs::create_directories(config.run_dir, error);
  if (!error)
    fs::permissions(config.run_dir,
                    fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec, error);
  if (error)
    return Error{fmt::format(
        "can't create the directory {}: {}: create it, or set run_dir: in the configuration",
        config.run_dir.native(), error.message())};
  return {};
}

}  // namespace actiond
