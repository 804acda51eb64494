#include "poller/plugin_sets/plugin_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <fstream>

#include "base/fd.hpp"
#include "base/files.hpp"

namespace actiond {

bool is_on_hold(const std::filesystem::path& directory) {
  std::error_code error;
  return std::filesystem::exists(directory / kHoldFile, error);
}

bool is_of_deploy(const std::filesystem::path& directory) {
  std::ifstream file(directory / kHoldFile);
  std::string line;
  return std::getline(file, line) && line + '\n' == kDeployHold;
}

Error on_hold(const std::filesystem::path& directory) {
  const auto path = directory / kHoldFile;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const char* advice = "remove it when all of them are there";
  if (is_of_deploy(directory))
    advice = is_held_by_another(file) ? "an actiond deploy is under way"
                                      : "an actiond deploy that ended in the middle has left it: "
                                        "deploy again, or remove it if all of them are there";
  return {fmt::format("{} holds new plugins back: {}", path.native(), advice)};
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
