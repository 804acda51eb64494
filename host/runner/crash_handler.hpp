// What a runner does when plugin code crashes it: it writes where, and then dies of the signal as
// it would have.
#pragma once

namespace actiond {

// For SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT. `progress_fd` is the file of the page of
// progress, see wire/crash_text.hpp. A plugin that installs its own handlers has its way.
void install_crash_handler(int progress_fd);

}  // namespace actiond
