// Is this process the runner, or a copy of it that a handler has forked? A copy must neither speak
// to the poller nor write on the page of progress: what it says would be taken for the runner's.
#pragma once

#include <sys/types.h>

#include "base/result.hpp"

namespace actiond {

// Called once by the runner, before it loads anything. Fails if there is no memory.
Result<void> claim_process();

// Whether the caller is a copy of the process that has claimed. Costs no system call, and may be
// asked in a signal handler.
bool is_copy();

// The claimant's pid; 0 in a copy, and if nobody has claimed.
pid_t claimed_pid();

// Ends a copy that came back to where only the runner goes; returns at once if it is none.
void end_if_copy();

}  // namespace actiond
