// The first process of a container has two duties that others have not: signals do nothing to it
// that it did not ask for, and the orphans of all others are its to bury.
#pragma once

namespace actiond {

// If this process has pid 1 it becomes a child of itself, in which this returns; the parent passes
// signals on, buries orphans, and ends with the child's exit status (128 and its number for a
// signal). Otherwise it returns at once. To be called before there are threads.
void leave_pid_1();

}  // namespace actiond
