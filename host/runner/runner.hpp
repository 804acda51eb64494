// The runner process: loads the plugins once, then runs one event after the other, and answers
// with their outcomes. A child of one poller, and gone with it.
#pragma once

#include <sys/types.h>

namespace actiond {

// The whole life of a runner; returns its exit status. `poller` is the pid of the process that
// must be its parent: if that died meanwhile, the runner ends at once.
int run_runner(pid_t poller);

}  // namespace actiond
