// Crashes in a child of the test, which is forked and not exec'ed: what counts is what it leaves.
#include "runner/crash_handler.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/own_process.hpp"
#include "wire/crash_text.hpp"
#include "wire/progress.hpp"

using namespace actiond;

namespace {

Progress make_progress() {
  auto made = Progress::create();
  REQUIRE(made.ok());
  return std::move(*made);
}

// Runs it in a child with the handler in place; the signal that the child died of, or 0.
template <typename Function>
int signal_of(const Progress& progress, Function crash) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(20);  // one that loops dies of that
    install_crash_handler(OwnDescriptor::at(progress.fd()));
    crash();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("crash handler: each deadly signal stays deadly and leaves where it was") {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    CAPTURE(signal);
    const Progress progress = make_progress();
    CHECK(signal_of(progress, [signal] { ::raise(signal); }) == signal);
    CHECK(crash_text(progress).find("runner_tests") != std::string::npos);
  }
}

TEST_CASE("crash handler: a text is empty as long as nothing has crashed") {
  const Progress progress = make_progress();
  CHECK(signal_of(progress, [] {}) == 0);
  CHECK(crash_text(progress).empty());
}

namespace {

struct sigaction before_the_runtime;

// As Go's does: what it can't handle goes to whoever was there before.
void runtime_handler(int signal, siginfo_t* info, void* context) {
  before_the_runtime.sa_sigaction(signal, info, context);
}

void install_runtime() {
  struct sigaction action {};
  action.sa_sigaction = &runtime_handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  ::sigaction(SIGSEGV, &action, &before_the_runtime);
}

}  // namespace

TEST_CASE("crash handler: a runtime that takes the signal for itself makes no loop") {
  const Progress progress = make_progress();
  CHECK(signal_of(progress, [] {
          install_runtime();
          ::raise(SIGSEGV);
        }) == SIGSEGV);
  CHECK_FALSE(crash_text(progress).empty());
}

TEST_CASE("crash handler: a file that took the page's place is left alone") {
  const Progress progress = make_progress();
  const Progress other = make_progress();
  CHECK(signal_of(progress, [&] {
          ::dup2(other.fd(), progress.fd());
          ::raise(SIGSEGV);
        }) == SIGSEGV);
  CHECK(crash_text(progress).empty());
  CHECK(crash_text(other).empty());
}

TEST_CASE("crash handler: a copy of the runner leaves nothing in the runner's name") {
  const Progress progress = make_progress();
  CHECK(signal_of(progress, [] {
          REQUIRE(claim_process().ok());
          if (const pid_t copy = ::fork(); copy == 0) ::raise(SIGSEGV);
          ::wait(nullptr);
        }) == 0);
  CHECK(crash_text(progress).empty());
}
