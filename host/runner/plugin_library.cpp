#include "runner/plugin_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/ownership.hpp"
#include "runner/elf_check.hpp"
#include "runner/loader_text.hpp"

extern "C" void* actiond_dlopen(const char* file, int flags);

namespace actiond {
namespace {

Error refusal(const std::string& path, const std::string& why) {
  return Error{fmt::format("plugin {} {}", file_name(path), why)};
}

// Never unloaded: handlers' threads, destructors and atexit hooks may still run its code. Held by a
// static pointer, so that leak checkers see that it is meant.
void keep_for_the_life_of_the_process(std::unique_ptr<boost::dll::shared_library> library) {
  static auto* const kept = new std::vector<std::unique_ptr<boost::dll::shared_library>>;
  kept->push_back(std::move(library));
}

Result<void> check_descriptor(const std::string& path, const action_plugin_descriptor& descriptor) {
  if (descriptor.size < offsetof(action_plugin_descriptor, name))
    return refusal(path,
                   "has a descriptor that is too short to hold its version: rebuild it with the "
                   "installed SDK");
  if (descriptor.abi_major != ACTION_ABI_MAJOR)
    return refusal(
        path, fmt::format("was built for ABI {}, this actiond speaks ABI {}: rebuild it with the "
                          "installed SDK, or upgrade actiond",
                          descriptor.abi_major, ACTION_ABI_MAJOR));
  if (!ACTIOND_HOLDS(descriptor, action_plugin_descriptor, events) || descriptor.events == nullptr)
    return refusal(path, "names no events: its descriptor has no function `events`");
  return {};
}

std::string or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

}  // namespace

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename();
}

Result<PluginLibrary> PluginLibrary::load(const std::string& path) {
  if (auto whole = check_elf(path); !whole) return refusal(path, whole.error().text);
  if (auto safe = check_not_writable_by_others(path); !safe) return safe.error().within("plugin");
  const auto taken = names_taken_from(path);
  try {
    // Loaded once more below, which tells what is wrong with it.
    (void)actiond_dlopen(path.c_str(), RTLD_NOW);
    // Every symbol now, not at the first call: a missing one would end the process in a handler.
    auto library =
        std::make_unique<boost::dll::shared_library>(path, boost::dll::load_mode::rtld_now);
    if (!library->has(ACTION_PLUGIN_SYMBOL))
      return refusal(path, "exports no symbol `" ACTION_PLUGIN_SYMBOL
                           "`: it has no ACTION_EVENT, or is not a plugin");
    const auto& descriptor = library->get<const action_plugin_descriptor>(ACTION_PLUGIN_SYMBOL);
    if (auto checked = check_descriptor(path, descriptor); !checked) return checked.error();
    keep_for_the_life_of_the_process(std::move(library));
    return PluginLibrary(path, &descriptor, warning_of(path, taken));
  } catch (const std::exception& error) {
    return refusal(path, explain_dlopen(path, error.what(), taken));
  }
}

std::vector<std::string> PluginLibrary::queued() const {
  if (!ACTIOND_HOLDS(*descriptor_, action_plugin_descriptor, queued) || !descriptor_->queued)
    return {};
  std::uint32_t count = 0;
  const char* const* names = descriptor_->queued(&count);
  if (names == nullptr) return {};
  return {names, names + count};
}

PluginInfo PluginLibrary::info() const {
  PluginInfo info;
  info.file = path_;
  const auto& plugin = *descriptor_;
  info.name = or_empty(plugin.name);
  if (info.name.empty()) info.name = std::filesystem::path(path_).stem();
  info.version = or_empty(plugin.version);
  info.sdk_version = or_empty(plugin.sdk_version);
  info.abi = fmt::format("{}.{}", plugin.abi_major, plugin.abi_minor);
  return info;
}

}  // namespace actiond
