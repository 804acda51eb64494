// What a runner does when plugin code crashes it: it writes where, and then dies of the signal as
// it would have.
#pragma once

#include "runner/own_descriptor.hpp"

namespace actiond {

// For SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT. `progress` is the file of the page of progress,
// see wire/crash_text.hpp; nothing is written to what has taken its place. A plugin that installs
// its own handlers has its way, also if these call this one in their turn.
void install_crash_handler(OwnDescriptor progress);

}  // namespace actiond
