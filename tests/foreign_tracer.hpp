// A debugger that has attached to another's child, and asks nothing of it: one that has ended is
// reaped by nobody as long as this lives.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

class ForeignTracer {
 public:
  // `keeps`: one that is killed does not even end, like one that hangs in the kernel.
  explicit ForeignTracer(pid_t traced, bool keeps = false) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const bool is_attached =
          ::ptrace(PTRACE_SEIZE, traced, nullptr, keeps ? PTRACE_O_TRACEEXIT : 0) == 0;
      (void)!::write(ends[1], &is_attached, sizeof is_attached);
      for (;;) ::pause();
    }
    ::close(ends[1]);
    REQUIRE(::read(ends[0], &is_attached_, sizeof is_attached_) == sizeof is_attached_);
    ::close(ends[0]);
  }
  ~ForeignTracer() { let_go(); }
  ForeignTracer(const ForeignTracer&) = delete;
  ForeignTracer& operator=(const ForeignTracer&) = delete;

  // No: this machine allows it to nobody.
  bool is_attached() const { return is_attached_; }
  void let_go() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  bool is_attached_ = false;
};
