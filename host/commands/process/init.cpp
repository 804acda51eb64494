#include "commands/process/init.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace actiond {
namespace {

constexpr int kOfSignal = 128;  // as shells have it

[[noreturn]] void end_as(int status) {
  ::_exit(WIFSIGNALED(status) ? kOfSignal + WTERMSIG(status) : WEXITSTATUS(status));
}

void bury_dead(pid_t child) {
  int status = 0;
  for (pid_t ended; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;)
    if (ended == child) end_as(status);
}

[[noreturn]] void serve(pid_t child, const sigset_t& all) {
  for (;;) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&all, &info);
    if (signal == SIGCHLD)
      bury_dead(child);
    else if (signal > 0 && info.si_code != SI_KERNEL)  // the terminal's reach the child as well
      ::kill(child, signal);
  }
}

}  // namespace

void leave_pid_1() {
  if (::getpid() != 1) return;
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child > 0) serve(child, all);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace actiond
