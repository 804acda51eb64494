// One plugin file in this process, by Boost.DLL. Loaded once and never unloaded: dlclose does not
// truly unload C++ (unique symbols, thread_local destructors), so the runner's end is the unload.
#pragma once

#include <action/abi.h>

#include <memory>
#include <string>

#include "base/result.hpp"
#include "wire/setup.hpp"

namespace actiond {

class PluginLibrary {
 public:
  // Loads the file (its static constructors run: they may crash or hang, which is why only runners
  // call this) and reads its descriptor. Every failure is one sentence that names the file.
  static Result<PluginLibrary> load(const std::string& path);

  const action_plugin_descriptor& descriptor() const { return *descriptor_; }
  // Its path, name and versions; no events yet.
  PluginInfo info() const;
  // What may go wrong with it though it was loaded, as a sentence; empty: nothing.
  const std::string& warning() const { return warning_; }
  // The events that its handlers queue, as far as it knows.
  std::vector<std::string> queued() const;

 private:
  PluginLibrary(std::string path, const action_plugin_descriptor* descriptor, std::string warning)
      : path_(std::move(path)), descriptor_(descriptor), warning_(std::move(warning)) {}

  std::string path_;
  const action_plugin_descriptor* descriptor_;  // lives in the library, which stays
  std::string warning_;
};

// "hello.so" of "/srv/plugins/hello.so".
std::string file_name(const std::string& path);

}  // namespace actiond

// Whether a struct that the other side made is long enough to hold the member.
#define ACTIOND_HOLDS(object, type, member) \
  ((object).size >= offsetof(type, member) + sizeof((object).member))
