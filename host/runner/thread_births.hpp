// In which run a thread was started. One that outlives its run must not act in the name of the
// next.
//
// The executable's pthread_create and thrd_create stand before the C library's: whoever starts a
// thread in this process (std::thread, OpenMP, a C library) comes by here. Threads that clone(2)
// or the C library itself makes, for a timer, do not: of which run they are nobody knows.
#pragma once

#include <cstdint>
#include <optional>

namespace actiond {

// The run that the runner is in; 0: none. Threads that start from now on belong to it.
void set_run_of_new_threads(std::uint64_t number);

// The run that the calling thread was started in; 0: none, so that it serves all of them, as the
// runner's own thread does. Nothing if that is not known.
std::optional<std::uint64_t> run_of_this_thread();

}  // namespace actiond
