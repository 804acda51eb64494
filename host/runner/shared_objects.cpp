#include "runner/shared_objects.hpp"

#include <link.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include "runner/object_file.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

// "$ORIGIN/lib:/opt/lib" for a plugin: where that library of its own is; empty: nowhere.
std::string own_file(const std::string& plugin, std::string_view run_path,
                     const std::string& name) {
  while (!run_path.empty()) {
    const auto end = std::min(run_path.find(':'), run_path.size());
    std::string directory(run_path.substr(0, end));
    for (const std::string_view origin : {"${ORIGIN}", "$ORIGIN"})
      if (const auto found = directory.find(origin); found != std::string::npos)
        directory.replace(found, origin.size(), fs::path(plugin).parent_path().native());
    std::error_code error;
    if (const fs::path file = fs::path(directory) / name; fs::is_regular_file(file, error))
      return file;
    run_path.remove_prefix(std::min(end + 1, run_path.size()));
  }
  return {};
}

std::vector<std::string> loaded_files() {
  std::vector<std::string> files;
  const auto add = [](dl_phdr_info* info, std::size_t, void* to) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(info->dlpi_name);
    return 0;
  };
  ::dl_iterate_phdr(add, &files);
  return files;
}

bool is_the_systems(const std::string& file) {
  return file.starts_with("/lib") || file.starts_with("/usr/lib");
}

bool is_same(const std::string& file, const std::string& other) {
  std::error_code error;
  return fs::equivalent(file, other, error) || is_same_content(file, other);
}

// One that a file brings is as good as loaded, unless its name is taken: what that needs counts,
// too.
void add_taken(const std::string& by, const std::vector<std::string>& files,
               std::set<std::string>& looked_at, std::vector<SharedName>& taken) {
  if (!looked_at.insert(by).second) return;
  const Dynamic dynamic = read_dynamic(by);
  for (const auto& name : dynamic.needed) {
    const std::string own = own_file(by, dynamic.run_path, name);
    const auto loaded = std::find_if(files.begin(), files.end(), [&](const std::string& file) {
      return fs::path(file).filename() == name && !(own.empty() && is_the_systems(file));
    });
    const bool is_taken = loaded != files.end() && (own.empty() || !is_same(own, *loaded));
    if (is_taken)
      taken.push_back({name, *loaded, own});
    else if (!own.empty())
      add_taken(own, files, looked_at, taken);
  }
}

}  // namespace

std::vector<SharedName> names_taken_from(const std::string& plugin) {
  std::set<std::string> looked_at;
  std::vector<SharedName> taken;
  add_taken(plugin, loaded_files(), looked_at, taken);
  return taken;
}

}  // namespace actiond
