#include "runner/own_process.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace actiond;

namespace {

// The exit status of a child that ends by what the function returns.
template <typename Function>
int status_of_child(Function function) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(function());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// As fork does it, but behind the C library's back.
pid_t raw_fork() {
  return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

}  // namespace

TEST_CASE("own process: nobody is a copy before there is a claim") {
  CHECK_FALSE(is_copy());
  CHECK(claimed_pid() == 0);
}

TEST_CASE("own process: who has claimed is none, and its forks are") {
  CHECK(status_of_child([] {
          if (!claim_process() || is_copy() || claimed_pid() != ::getpid()) return 1;
          if (status_of_child([] { return is_copy() && claimed_pid() == 0 ? 0 : 1; }) != 0)
            return 2;
          if (const pid_t copy = raw_fork(); copy == 0) ::_exit(is_copy() ? 0 : 1);
          int status = 0;
          ::wait(&status);
          return status == 0 && !is_copy() ? 0 : 3;
        }) == 0);
}

TEST_CASE("own process: a copy that comes back is ended") {
  CHECK(status_of_child([] {
          if (!claim_process()) return 2;
          end_if_copy();
          return status_of_child([] {
            end_if_copy();
            return 3;
          });
        }) == 1);
}
