// The processes that a runner has started, however far they have gone: into sessions of their own,
// or away from a parent that has ended. They are known by a variable of their environment.
#pragma once

#include <string>

namespace actiond {

// Kills all processes whose environment, as they began, had this variable ("NAME=value"). Those
// that they start meanwhile are killed as well. Reads /proc: milliseconds. One that may not be
// read, or that was started with another environment, is not found.
void kill_all_with(const std::string& variable);

}  // namespace actiond
