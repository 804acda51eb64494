// What the dynamic linker says of a plugin that it can't load, as a sentence that says what to do.
#pragma once

#include <string>
#include <vector>

#include "runner/shared_objects.hpp"

namespace actiond {

// `message` is dlerror's of the plugin at `path`, with what Boost puts around it; `taken` are the
// names_taken_from it. Begins with "can't be loaded: "; does not name the plugin. Pure.
std::string explain_dlopen(const std::string& path, std::string message,
                           const std::vector<SharedName>& taken);

// What a plugin that was loaded nevertheless is to be warned of, naming its file; empty: nothing.
std::string warning_of(const std::string& path, const std::vector<SharedName>& taken);

}  // namespace actiond
