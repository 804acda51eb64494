// The processes that a runner has started, however far they have gone: into sessions of their own,
// or away from a parent that has ended. They are known by a variable of their environment, and by
// a limit that nobody else has (wire/runner_mark.hpp).
#pragma once

#include <string>
#include <vector>

namespace actiond {

// Kills all processes whose environment, as they began, had one of these variables ("NAME=value"),
// or that have its limit. Those that they start meanwhile are killed as well. Reads /proc:
// milliseconds. One that has neither, or that may not be read, is not found.
void kill_all_with(const std::vector<std::string>& variables);

// A poller that a handler has started is no longer its runner's, nor are the poller's own runners.
void leave_runner();

}  // namespace actiond
