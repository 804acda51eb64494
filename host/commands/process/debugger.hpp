// This executable again, under gdb.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace actiond {

// Becomes gdb, which runs `actiond WORDS…` and stops in the runner that it starts. Returns only if
// that fails.
Error become_debugger(const std::vector<std::string>& words);

}  // namespace actiond
