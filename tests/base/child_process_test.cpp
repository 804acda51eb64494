#include "base/child_process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>

#include "foreign_tracer.hpp"
#include "scene.hpp"
#include "skipping.hpp"

using namespace actiond;
using namespace actiond::test;

namespace {

ChildPlan shell(const std::string& script) {
  return {"the shell", "/bin/sh", {"sh", "-c", script}};
}

ChildProcess started(ChildPlan plan) {
  auto child = ChildProcess::start(std::move(plan));
  REQUIRE_MESSAGE(child.ok(), (child ? "" : child.error().text));
  return std::move(*child);
}

// Reads to the end, which comes when nobody holds the other end any more.
std::string all_of(int fd) {
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t got; (got = ::read(fd, part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(got));
  return text;
}

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read.reset(ends[0]);
    write.reset(ends[1]);
  }
  UniqueFd read, write;
};

// What the child writes into what it has as descriptor 1.
std::string output_of(ChildPlan plan) {
  Pipe pipe;
  plan.descriptors.push_back({pipe.write.get(), STDOUT_FILENO});
  auto child = started(std::move(plan));
  pipe.write.reset();
  std::string text = all_of(pipe.read.get());
  child.wait();
  return text;
}

// Is the signal in that set of /proc/PID/status (proc(5))?
bool has_signal(const std::string& status, const std::string& set, int signal) {
  const auto at = status.find(set);
  REQUIRE(at != std::string::npos);
  const auto bits = std::stoull(status.substr(at + set.size()), nullptr, 16);
  return (bits >> (signal - 1) & 1) != 0;
}

}  // namespace

TEST_CASE("child process: an exit status and a signal are told apart") {
  const auto exited = started(shell("exit 3")).wait();
  CHECK(exited.text() == "exit status 3");
  CHECK_FALSE(exited.is_success());
  const auto killed = started(shell("kill -SEGV $$")).wait();
  CHECK(killed.is_signal);
  CHECK(killed.code == SIGSEGV);
  CHECK(killed.text() == "SIGSEGV");
  CHECK(started(shell("exit 0")).wait().is_success());
  CHECK(ExitStatus{true, 64}.text() == "signal 64");
}

TEST_CASE("child process: one that lives is not reaped, one that was signalled is, once") {
  auto child = started(shell("exec sleep 60"));
  CHECK_FALSE(child.reap());
  const UniqueFd handle = open_process(child.pid());
  REQUIRE(handle);
  CHECK(pid_of(handle) == child.pid());
  CHECK_FALSE(has_ended(handle));
  child.signal(SIGKILL);
  pollfd ended{child.pidfd(), POLLIN, 0};
  REQUIRE(::poll(&ended, 1, 10'000) == 1);
  CHECK(has_ended(handle));
  const auto status = child.reap();
  REQUIRE(status.has_value());
  CHECK(status->text() == "SIGKILL");
  CHECK_FALSE(static_cast<bool>(child));
  CHECK_FALSE(child.reap());
  CHECK(pid_of(handle) == 0);
  CHECK_FALSE(send_signal(handle, 0));
  CHECK(errno == ESRCH);
}

TEST_CASE(
    "child process: one that somebody traces is over with its end, and reaped when it can be") {
  auto child = started(shell("exec sleep 60"));
  const auto entry = "/proc/" + std::to_string(child.pid());
  ForeignTracer tracer(child.pid());
  if (!tracer.is_attached()) SKIP_TEST("nobody may trace here");
  child.signal(SIGKILL);
  pollfd ended{child.pidfd(), POLLIN, 0};
  REQUIRE(::poll(&ended, 1, 10'000) == 1);
  const auto status = child.reap();
  REQUIRE(status.has_value());
  CHECK_FALSE(status->is_success());
  CHECK(status->text() == "an unknown exit status");
  CHECK_FALSE(static_cast<bool>(child));
  CHECK(fs::exists(entry));
  tracer.let_go();
  started(shell("exit 0")).wait();
  CHECK_FALSE(fs::exists(entry));
}

TEST_CASE(
    "child process: it gets the descriptors of the plan, whatever their numbers, and no other") {
  Pipe five, six;
  // Each under the other's number: what is passed first must not close what is passed then.
  ChildPlan plan = shell("echo five >&" + std::to_string(six.write.get()) + "; echo six >&" +
                         std::to_string(five.write.get()) + "; ls /proc/self/fd | wc -l");
  plan.descriptors = {{five.write.get(), six.write.get()}, {six.write.get(), five.write.get()}};
  const int highest = std::max(five.write.get(), six.write.get());
  const UniqueFd other(::fcntl(STDIN_FILENO, F_DUPFD, highest + 1));  // not closed by exec
  plan.words[2] += "; test -e /proc/self/fd/" + std::to_string(other.get()) + " && echo leaked";
  const std::string counted = output_of(std::move(plan));
  five.write.reset();
  six.write.reset();
  CHECK(all_of(five.read.get()) == "five\n");
  CHECK(all_of(six.read.get()) == "six\n");
  CHECK(counted.find("leaked") == std::string::npos);
}

TEST_CASE("child process: nothing is what /dev/null gives") {
  ChildPlan plan = shell("read line; echo \"$?\"");
  plan.descriptors = {{ChildPlan::kNothing, STDIN_FILENO}};
  CHECK(output_of(std::move(plan)) == "1\n");
}

TEST_CASE("child process: a session of its own, if it is to have one") {
  const std::string is_leader =
      "test \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ && echo yes || echo no";
  ChildPlan plan = shell(is_leader);
  CHECK(output_of(plan) == "no\n");
  plan.has_own_session = true;
  CHECK(output_of(plan) == "yes\n");
}

TEST_CASE("child process: it has no ignored and no blocked signals, if it is to have none") {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, mask_before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &mask_before);
  ChildPlan plan{"grep", "/bin/grep", {"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}};
  const std::string inherited = output_of(plan);
  plan.has_default_signals = true;
  const std::string defaults = output_of(plan);
  ::signal(SIGPIPE, before);
  ::sigprocmask(SIG_SETMASK, &mask_before, nullptr);
  CHECK(has_signal(inherited, "SigBlk:", SIGTERM));
  CHECK(has_signal(inherited, "SigIgn:", SIGPIPE));
  CHECK_FALSE(has_signal(defaults, "SigBlk:", SIGTERM));
  CHECK_FALSE(has_signal(defaults, "SigIgn:", SIGPIPE));
}

TEST_CASE("child process: an environment of its own, else that of its parent") {
  const Variable variable("ACTION_TEST_WORD", "mine");
  ChildPlan plan = shell("echo \"$ACTION_TEST_WORD\"");
  CHECK(output_of(plan) == "mine\n");
  std::string own = "ACTION_TEST_WORD=theirs";
  plan.environment = {own.data(), nullptr};
  CHECK(output_of(plan) == "theirs\n");
}

TEST_CASE("child process: the sentence for one that can't be started names it") {
  const auto child = ChildProcess::start({"the successor", "/nonexistent/actiond", {"actiond"}});
  REQUIRE_FALSE(child.ok());
  CHECK(child.error().text == "can't start the successor: No such file or directory");
}

TEST_CASE("child process: a limit of open files that is too low is named") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit low{64, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  auto plan = shell("exit 0");
  plan.descriptors = {{STDERR_FILENO, STDERR_FILENO}};
  const auto child = ChildProcess::start(std::move(plan));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(child.ok());
  CHECK(child.error().text ==
        "can't start the shell: the limit of open files (ulimit -n) is 64, which is too low: raise "
        "it");
}
