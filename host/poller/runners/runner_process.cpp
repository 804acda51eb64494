#include "poller/runners/runner_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "base/service_manager.hpp"
#include "wire/runner_descriptors.hpp"

namespace actiond {
namespace {

// A child inherits blocked and ignored signals; a handler's code expects neither.
Result<ChildProcess> spawn_runner(int socket, int progress,
                                  const std::vector<std::string>& hidden) {
  ChildPlan plan{
      "a runner", "/proc/self/exe", {"actiond", kRunnerRole, std::to_string(::getpid())}};
  plan.descriptors = {{socket, kRunnerSocket}, {progress, kRunnerProgress}};
  plan.environment = environment_of_a_child(hidden);
  plan.has_default_signals = true;
  return ChildProcess::start(std::move(plan));
}

}  // namespace

Result<RunnerProcess> RunnerProcess::spawn(const std::vector<std::string>& hidden_variables) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return errno_error("make a socketpair for a runner");
  UniqueFd ours(pair[0]), theirs(pair[1]);
  ::fcntl(ours.get(), F_SETFL, ::fcntl(ours.get(), F_GETFL) | O_NONBLOCK);
  auto progress = Progress::create();
  if (!progress) return progress.error();
  auto child = spawn_runner(theirs.get(), progress->fd(), hidden_variables);
  if (!child) return child.error();
  return RunnerProcess(std::move(*child), std::move(ours), std::move(*progress));
}

RunnerProcess::RunnerProcess(ChildProcess child, UniqueFd socket, Progress progress)
    : child_(std::move(child)), socket_(std::move(socket)), progress_(std::move(progress)) {}

RunnerProcess::~RunnerProcess() {
  if (!child_) return;
  kill();
  child_.wait();
}

bool RunnerProcess::flush() {
  while (written_ < output_.size()) {
    const ssize_t sent = ::send(socket_.get(), output_.data() + written_, output_.size() - written_,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0) break;  // gone; pidfd tells
    written_ += static_cast<std::size_t>(sent);
  }
  output_.clear();
  written_ = 0;
  return true;
}

bool RunnerProcess::receive() {
  const auto space = input_.space();
  const ssize_t got = ::recv(socket_.get(), space.data(), space.size(), MSG_DONTWAIT);
  if (got <= 0) return got < 0 && errno == EINTR;
  input_.commit(static_cast<std::size_t>(got));
  return static_cast<std::size_t>(got) == space.size();
}

// The second number of statm: resident pages (proc(5)).
std::uint64_t RunnerProcess::resident_bytes() const {
  const UniqueFd statm(::open(fmt::format("/proc/{}/statm", pid()).c_str(), O_RDONLY | O_CLOEXEC));
  char text[128] = "";
  unsigned long long pages = 0;
  if (!statm || ::read(statm.get(), text, sizeof text - 1) <= 0) return 0;
  if (std::sscanf(text, "%*u %llu", &pages) != 1) return 0;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void RunnerProcess::kill() {
  child_.signal(SIGKILL);
}

}  // namespace actiond
