// In which run a thread was started. One that outlives its run must not act in the name of the
// next.
//
// The executable's pthread_create stands before the C library's: whoever starts a thread in this
// process (std::thread, OpenMP, a C library) comes by here. Threads that clone(2) makes do not, and
// count as such that serve all runs.
#pragma once

#include <cstdint>

namespace actiond {

// The run that the runner is in; 0: none. Threads that start from now on belong to it.
void set_run_of_new_threads(std::uint64_t number);

// The run that the calling thread was started in; 0: none, so that it serves all of them, as the
// runner's own thread does.
std::uint64_t run_of_this_thread();

}  // namespace actiond
