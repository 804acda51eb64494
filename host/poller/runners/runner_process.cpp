#include "poller/runners/runner_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot to say so itself
#include <sys/pidfd.h>
}

#include <array>
#include <cstdio>

#include "base/service_manager.hpp"
#include "wire/runner_descriptors.hpp"

namespace actiond {
namespace {

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  void pass(int fd, int as) { ::posix_spawn_file_actions_adddup2(&actions_, fd, as); }
  void close_from(int fd) { ::posix_spawn_file_actions_addclosefrom_np(&actions_, fd); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// A child inherits blocked and ignored signals; a handler's code expects neither.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// The descriptors' own numbers may be the ones that they are to have in the child; moving them
// away first keeps dup2 from closing one before it is passed.
Result<UniqueFd> moved_away(int fd) {
  UniqueFd high(::fcntl(fd, F_DUPFD_CLOEXEC, 10));
  if (!high) return errno_error("duplicate a descriptor for the runner");
  return high;
}

Result<pid_t> spawn_runner(int socket, int progress, const std::vector<std::string>& hidden) {
  auto child_socket = moved_away(socket);
  if (!child_socket) return child_socket.error();
  auto child_progress = moved_away(progress);
  if (!child_progress) return child_progress.error();
  SpawnActions actions;
  actions.pass(child_socket->get(), kRunnerSocket);
  actions.pass(child_progress->get(), kRunnerProgress);
  actions.close_from(kRunnerProgress + 1);
  std::string name = "actiond", role = kRunnerRole, parent = std::to_string(::getpid());
  std::array<char*, 4> argv{name.data(), role.data(), parent.data(), nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, "/proc/self/exe", actions.get(), SpawnAttributes().get(),
                                  argv.data(), environment_of_a_child(hidden).data());
  if (error != 0) return errno_error("start a runner", {}, error);
  return pid;
}

}  // namespace

std::string ExitStatus::text() const {
  if (!is_signal) return fmt::format("exit status {}", code);
  const char* name = ::sigabbrev_np(code);
  return name == nullptr ? fmt::format("signal {}", code) : fmt::format("SIG{}", name);
}

Result<RunnerProcess> RunnerProcess::spawn(const std::vector<std::string>& hidden_variables) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return errno_error("make a socketpair for a runner");
  UniqueFd ours(pair[0]), theirs(pair[1]);
  ::fcntl(ours.get(), F_SETFL, ::fcntl(ours.get(), F_GETFL) | O_NONBLOCK);
  auto progress = Progress::create();
  if (!progress) return progress.error();
  auto pid = spawn_runner(theirs.get(), progress->fd(), hidden_variables);
  if (!pid) return pid.error();
  UniqueFd pidfd(::pidfd_open(*pid, 0));
  if (!pidfd) return errno_error("watch a runner");
  return RunnerProcess(*pid, std::move(pidfd), std::move(ours), std::move(*progress));
}

RunnerProcess::RunnerProcess(pid_t pid, UniqueFd pidfd, UniqueFd socket, Progress progress)
    : pid_(pid),
      pidfd_(std::move(pidfd)),
      socket_(std::move(socket)),
      progress_(std::move(progress)) {}

RunnerProcess::~RunnerProcess() {
  if (!pidfd_) return;
  kill();
  siginfo_t info{};
  ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info, WEXITED);
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
  const UniqueFd statm(::open(fmt::format("/proc/{}/statm", pid_).c_str(), O_RDONLY | O_CLOEXEC));
  char text[128] = "";
  unsigned long long pages = 0;
  if (!statm || ::read(statm.get(), text, sizeof text - 1) <= 0) return 0;
  if (std::sscanf(text, "%*u %llu", &pages) != 1) return 0;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void RunnerProcess::kill() {
  ::pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0);
}

std::optional<ExitStatus> RunnerProcess::reap() {
  siginfo_t info{};
  const int found = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &info,
                             WEXITED | WNOHANG);
  if (found != 0 || info.si_pid == 0) return std::nullopt;
  pidfd_.reset();
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

}  // namespace actiond
