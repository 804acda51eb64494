// One word to each of some pollers of this machine, over their control sockets.
#pragma once

#include <string>
#include <vector>

#include "commands/terminal/command_line.hpp"

namespace actiond {

struct PollerWord {
  std::string command;  // of the control socket
  std::string told;     // the key in --json under which the ids of those stand that were told
  std::string outcome;  // "is quiet": what is said of each of them
};

// Prints what became of each, or its error. Returns the exit status: kFailed if any can't be told.
// Blocks until all have answered.
int tell_pollers(const Common& common, const Config& config, const std::vector<int>& ids,
                 const PollerWord& word);

}  // namespace actiond
