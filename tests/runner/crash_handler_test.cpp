// Crashes in a child of the test, which is forked and not exec'ed: what counts is what it leaves.
#include "runner/crash_handler.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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
    install_crash_handler(progress.fd());
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
