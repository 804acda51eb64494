// What the system tells of a process that lives. Each look costs a system call or three.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace actiond {

// The memory that it holds now, in bytes; 0 if that can't be told.
std::uint64_t resident_bytes(pid_t pid);

// On its way out by itself: past the point where it still could do anything.
bool is_exiting(pid_t pid);

}  // namespace actiond
