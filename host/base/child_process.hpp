// Other processes: how they are started, watched, signalled and reaped. All of it by a handle (a
// pidfd), which means one process and never a later one with the same number.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

// A handle on the process with that number, readable once it has ended. None, with errno, if there
// is no such process.
UniqueFd open_process(pid_t pid);

// Has the process ended? Also if its parent has not asked for its status yet.
bool has_ended(const UniqueFd& process);

// Its number, as this process sees it; 0 if that can't be told.
pid_t pid_of(const UniqueFd& process);

// False, with errno, if it can't be signalled.
bool send_signal(const UniqueFd& process, int signal);

// How a child process ended; exit and signal are different things.
struct ExitStatus {
  // As code: who inherited an ignored SIGCHLD is not told, nor whose child another process traces.
  static constexpr int kUnknown = -1;
  bool is_signal = false;
  int code = 0;  // the exit status, or the signal's number

  bool is_success() const { return !is_signal && code == 0; }
  // "SIGSEGV" or "exit status 3": for people.
  std::string text() const;
};

// What a child gets. It inherits standard input, output and error unless they are named, and
// nothing else that is not.
struct ChildPlan {
  // An open descriptor of this process, under a number in the child.
  struct Passed {
    int fd;
    int as;
  };
  static constexpr int kNothing = -1;  // as Passed::fd: /dev/null

  std::string name;  // "the daemon": for the sentence of a failure
  std::filesystem::path executable = "/proc/self/exe";
  std::vector<std::string> words;        // the first is what the program is called
  std::vector<Passed> descriptors = {};  // each number once
  std::vector<char*> environment = {};   // ends with a null; empty: that of this process
  bool has_own_session = false;          // setsid
  bool has_default_signals = false;      // none ignored, none blocked
};

// A child that was started and not reaped yet. Leaves it alone when it ends: whoever holds it
// decides.
class ChildProcess {
 public:
  // Returns once the child executes its program; fails with a sentence if it can't.
  static Result<ChildProcess> start(ChildPlan plan);
  // One that was started in another way.
  ChildProcess(pid_t pid, UniqueFd pidfd)
      : pid_(pid), pidfd_(std::make_shared<UniqueFd>(std::move(pidfd))) {}

  pid_t pid() const { return pid_; }
  // Readable when it has ended; -1 once it is reaped.
  int pidfd() const { return pidfd_ ? pidfd_->get() : -1; }
  // The same, for whoever watches it longer than this lives.
  std::shared_ptr<const UniqueFd> shared_pidfd() const { return pidfd_; }
  // False once it is reaped.
  explicit operator bool() const { return pidfd_ && *pidfd_; }

  void signal(int number) const {
    if (pidfd_) send_signal(*pidfd_, number);
  }
  // How it ended; nothing while it lives. Does not block. One that somebody traces ends like any
  // other, but is to be reaped only when the tracer has let go: that is seen to here, later.
  std::optional<ExitStatus> reap();
  // Whatever has become of it, as one that SIGKILL has ended: it was sent that, so it will never
  // run code of its own again, even if it can't go as long as a device or a server is silent.
  ExitStatus give_up();
  // The same, once it has. Blocks until then. Not to be asked again.
  ExitStatus wait();

 private:
  std::optional<ExitStatus> reap(int options);

  pid_t pid_;
  std::shared_ptr<const UniqueFd> pidfd_;
};

}  // namespace actiond
