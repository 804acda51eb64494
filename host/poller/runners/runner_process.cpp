#include "poller/runners/runner_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/service_manager.hpp"
#include "poller/runners/runner_program.hpp"
#include "poller/runners/started_by.hpp"
#include "wire/runner_descriptors.hpp"
#include "wire/runner_mark.hpp"
#include "wire/version.hpp"

namespace actiond {
namespace {

constexpr int kGoTime_ms = 500;  // for one that was killed to be gone

// No two runners have the same, whatever became of their pids.
std::string new_mark() {
  static std::uint64_t count = 0;
  return fmt::format("{}={}.{}.{}", kRunnerVariable, ::getpid(), ++count,
                     monotonic_now().time_since_epoch().count());
}

// A child inherits blocked and ignored signals; a handler's code expects neither.
Result<ChildProcess> spawn_runner(int socket, int progress, const std::vector<std::string>& hidden,
                                  std::string& mark) {
  const auto& program = runner_program();
  if (!program) return program.error();
  ChildPlan plan{"a runner",
                 fmt::format("/proc/self/fd/{}", kRunnerProgram),
                 {"actiond-runner", std::to_string(::getpid()), wire_version()}};
  plan.descriptors = {
      {socket, kRunnerSocket}, {progress, kRunnerProgress}, {program->get(), kRunnerProgram}};
  plan.environment = environment_of_a_child(hidden);
  plan.environment.insert(plan.environment.end() - 1, mark.data());
  plan.has_default_signals = true;
  return ChildProcess::start(std::move(plan));
}

Result<RunnerProcess> spawn_on(Result<Progress> progress, std::optional<HandPage> hand,
                               const std::vector<std::string>& hidden_variables) {
  if (!progress) return progress.error();
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return errno_error("make a socketpair for a runner");
  UniqueFd ours(pair[0]), theirs(pair[1]);
  ::fcntl(ours.get(), F_SETFL, ::fcntl(ours.get(), F_GETFL) | O_NONBLOCK);
  std::string mark = new_mark();
  auto child = spawn_runner(theirs.get(), progress->fd(), hidden_variables, mark);
  if (!child) return child.error();
  if (hand) hand->name_runner(mark);
  if (hand) progress->drop_fd();  // with many runners each descriptor counts
  return RunnerProcess(std::move(*child), std::move(ours), std::move(*progress), std::move(mark),
                       std::move(hand));
}

}  // namespace

Result<RunnerProcess> RunnerProcess::spawn(const std::vector<std::string>& hidden_variables) {
  return spawn_on(Progress::create(), std::nullopt, hidden_variables);
}

Result<RunnerProcess> RunnerProcess::spawn_with(HandPage hand,
                                                const std::vector<std::string>& hidden_variables) {
  auto progress = hand.progress();
  return spawn_on(std::move(progress), std::move(hand), hidden_variables);
}

RunnerProcess::RunnerProcess(ChildProcess child, UniqueFd socket, Progress progress,
                             std::string mark, std::optional<HandPage> hand)
    : hand_(std::move(hand)),
      child_(std::move(child)),
      mark_(std::move(mark)),
      socket_(std::make_shared<UniqueFd>(std::move(socket))),
      progress_(std::move(progress)) {}

RunnerProcess::~RunnerProcess() {
  if (!child_) return;
  kill(monotonic_now());
  pollfd ended{child_.pidfd(), POLLIN, 0};
  ::poll(&ended, 1, kGoTime_ms);
  if (!child_.reap()) child_.give_up();
  if (!mark_.empty()) kill_all_with({mark_});
}

bool RunnerProcess::flush() {
  while (written_ < output_.size()) {
    const ssize_t sent = ::send(socket_->get(), output_.data() + written_,
                                output_.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0) break;  // gone; pidfd tells
    written_ += static_cast<std::size_t>(sent);
    sent_ += static_cast<std::uint64_t>(sent);
  }
  output_.clear();
  written_ = 0;
  return true;
}

bool RunnerProcess::receive() {
  const auto space = input_.space();
  const ssize_t got = ::recv(socket_->get(), space.data(), space.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EINTR) return true;
  if (got == 0 || (got < 0 && errno != EAGAIN)) has_hung_up_ = true;
  if (got <= 0) return false;
  input_.commit(static_cast<std::size_t>(got));
  return static_cast<std::size_t>(got) == space.size();
}

void RunnerProcess::stop() {
  add(StopFrame{});
  flush();
  is_to_stop_ = true;
}

void RunnerProcess::kill(MonotonicTime now) {
  killed_at_ = killed_at_.value_or(now);
  child_.signal(SIGKILL);
  is_to_stop_ = false;
}

std::optional<ExitStatus> RunnerProcess::reap(bool is_overdue) {
  auto status = child_.reap();
  if (!status && is_overdue) status = child_.give_up();
  if (status && !mark_.empty() && (status->is_signal || !is_to_stop_)) kill_all_with({mark_});
  return status;
}

}  // namespace actiond
