// Processes: forked ones that come back, speak, end, or stay.
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <action/event.hpp>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "deeds.hpp"

namespace {

// Runs in a forked child what a child should not; the parent waits for its end.
void in_child(void (*act)()) {
  const pid_t child = ::fork();
  if (child == 0) return act();
  ::waitpid(child, nullptr, 0);
}

void fork_returns(const nlohmann::json&) {
  in_child([] {});
}
void fork_throws(const nlohmann::json&) {
  in_child([] { throw std::runtime_error("from the child"); });
}
void fork_crashes(const nlohmann::json&) {
  in_child([] { ::raise(SIGSEGV); });
}
void fork_exits(const nlohmann::json&) {
  in_child([] { std::exit(0); });
}
void fork_queues(const nlohmann::json&) {
  in_child([] {
    action::log("from the child");
    action::queue_action_event("innocent");
  });
}
void fork_executes(const nlohmann::json&) {
  in_child([] {
    ::execlp("true", "true", nullptr);
    ::_exit(1);
  });
}

// Nobody waits for it, and it runs on in the runner's code.
void fork_unwatched(const nlohmann::json&) {
  ::signal(SIGCHLD, SIG_IGN);
  (void)!::fork();
}

void leave_child() {
  if (::fork() != 0) return;
  ::execlp("sleep", "sleep", "317", nullptr);  // the test looks for it
  ::_exit(1);
}
void leave_children(const nlohmann::json&) {
  for (int i = 0; i < 3; ++i) leave_child();
}
void leave_children_and_crash(const nlohmann::json& params) {
  leave_children(params);
  std::abort();
}

void daemonize(const nlohmann::json&) {
  in_child([] {
    ::setsid();
    leave_child();
    ::_exit(0);
  });
}

// Whoever waits for the runner is told of its stops from now on.
void be_traced(const nlohmann::json&) {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
}
void be_traced_and_crash(const nlohmann::json& params) {
  be_traced(params);
  ::raise(SIGSEGV);
}

}  // namespace

std::vector<Deed> process_deeds() {
  return {{"fork_returns", fork_returns},
          {"fork_throws", fork_throws},
          {"fork_crashes", fork_crashes},
          {"fork_exits", fork_exits},
          {"fork_queues", fork_queues},
          {"fork_executes", fork_executes},
          {"fork_unwatched", fork_unwatched},
          {"leave_children", leave_children},
          {"leave_children_and_crash", leave_children_and_crash},
          {"daemonize", daemonize},
          {"be_traced", be_traced},
          {"be_traced_and_crash", be_traced_and_crash}};
}
