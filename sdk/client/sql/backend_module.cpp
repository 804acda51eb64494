#include "client/sql/backend_module.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

namespace action::sql {
namespace {

namespace fs = std::filesystem;

// The file that this code is in: the program itself, or the client library.
fs::path own_file() {
  Dl_info info{};
  link_map* map = nullptr;
  if (::dladdr1(reinterpret_cast<void*>(&own_file), &info, reinterpret_cast<void**>(&map),
                RTLD_DL_LINKMAP) != 0 &&
      map != nullptr && map->l_name != nullptr && map->l_name[0] != '\0')
    return map->l_name;
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

// Beside the library, or where the program was installed or built with it.
std::vector<fs::path> directories() {
  const fs::path here = own_file().parent_path();
  return {here / "actiond/backends", (here / ACTION_BACKENDS_FROM_BIN).lexically_normal()};
}

Error not_there(const std::string& kind) {
  std::vector<std::string> looked;
  for (const auto& directory : directories()) looked.push_back(directory.native());
  return {
      fmt::format("a queue at {0}://… needs the module {0}.so, which is not in {1}: install the "
                  "package actiond-{0}",
                  kind, fmt::join(looked, " or "))};
}

Result<const Driver*> load(const fs::path& file) {
  // Never closed: its client library may have threads and handlers of its own.
  void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return Error{
        fmt::format("can't load {}: {}: install its package again", file.native(), ::dlerror())};
  const auto function =
      reinterpret_cast<decltype(&action_sql_driver)>(::dlsym(library, "action_sql_driver"));
  if (function == nullptr)
    return Error{
        fmt::format("{} is no module of actiond: install its package again", file.native())};
  const Driver* const driver = function();
  if (std::strcmp(driver->version, ACTION_VERSION) == 0) return driver;
  return Error{fmt::format("{} is of version {}, and this is {}: install the same version of both",
                           file.native(), driver->version, ACTION_VERSION)};
}

Result<const Driver*> find_driver(const std::string& kind) {
  for (const auto& directory : directories()) {
    const auto file = directory / (kind + ".so");
    std::error_code absent;
    if (fs::exists(file, absent)) return load(file);
  }
  return not_there(kind);
}

Result<const Driver*> driver_for(const std::string& kind) {
  static std::mutex mutex;
  static auto* const drivers = new std::map<std::string, const Driver*>;
  const std::lock_guard lock(mutex);
  if (const auto known = drivers->find(kind); known != drivers->end()) return known->second;
  auto found = find_driver(kind);
  if (found) (*drivers)[kind] = *found;
  return found;
}

}  // namespace

Result<std::unique_ptr<Session>> open_session(const DatabaseUrl& url, const std::string& name,
                                              std::chrono::milliseconds timeout,
                                              std::chrono::milliseconds patience) {
  const auto driver = driver_for(url.kind);
  if (!driver) return driver.error();
  return (*driver)->open(url, name, timeout, patience);
}

}  // namespace action::sql
