// Which plugin's function runs which event.
#pragma once

#include <action/abi.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "runner/plugin_library.hpp"
#include "wire/setup.hpp"

namespace actiond {

class HandlerTable {
 public:
  // Adds the events of a plugin whose `attach` has been called, and lists them in `info`. Fails,
  // adding none, if a name is not valid or is taken; the sentence names both files. The plugin
  // must stay loaded for the table's life.
  Result<void> add(const PluginLibrary& plugin, PluginInfo& info);

  // The event of that name, or nullptr.
  const action_event* find(std::string_view name) const;

 private:
  struct Handler {
    const action_event* event;
    std::string file;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  Result<void> check(const action_event& event, const std::string& file) const;

  std::unordered_map<std::string, Handler, Hash, std::equal_to<>> handlers_;
};

}  // namespace actiond
