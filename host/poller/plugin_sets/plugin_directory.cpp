#include "poller/plugin_sets/plugin_directory.hpp"

#include <fmt/format.h>

#include "base/files.hpp"

namespace actiond {

bool is_on_hold(const std::filesystem::path& directory) {
  std::error_code error;
  return std::filesystem::exists(directory / kHoldFile, error);
}

Error on_hold(const std::filesystem::path& directory) {
  return {
      fmt::format("{} holds new plugins back: remove it when all of them are there, or end the "
                  "actiond deploy that made it",
                  (directory / kHoldFile).native())};
}

Result<std::vector<std::string>> list_plugins(const std::filesystem::path& directory) {
  std::error_code error;
  std::vector<std::string> files;
  for (const auto& path : list_directory(directory, error))
    if (path.extension() == ".so" && !path.filename().native().starts_with("."))
      files.push_back(path);
  if (error)
    return Error{
        fmt::format("the plugin directory {} can't be read: {}: create it, or set plugins: in the "
                    "configuration",
                    directory.native(), error.message())};
  return files;
}

}  // namespace actiond
