#include "base/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

// Here and nowhere else: some glibc's file can't be included twice, others forget to say that it
// is C.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <fstream>
#include <mutex>

extern char** environ;

namespace actiond {
namespace {

// Above any number that a child is given: what is passed must not be closed by what was passed
// before it.
constexpr int kAway = 64;
constexpr int kFirstUnnamed = 3;  // behind standard error

// EINVAL: the limit leaves no number that is high enough. EMFILE: none of those is free.
Error cant_duplicate() {
  const int number = errno;
  rlimit limit{};
  if ((number != EINVAL && number != EMFILE) || ::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return errno_error("duplicate a descriptor", {}, number);
  return Error{fmt::format("the limit of open files (ulimit -n) is {}, which is too low: raise it",
                           limit.rlim_cur)};
}

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  Result<void> pass(int fd, int as) {
    unnamed_ = std::max(unnamed_, as + 1);
    if (fd == ChildPlan::kNothing) {
      ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0);
      return {};
    }
    auto& away = away_.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, kAway));
    if (!away) return cant_duplicate();
    ::posix_spawn_file_actions_adddup2(&actions_, away.get(), as);
    return {};
  }
  void close_others() { ::posix_spawn_file_actions_addclosefrom_np(&actions_, unnamed_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
  std::vector<UniqueFd> away_;
  int unnamed_ = kFirstUnnamed;
};

class SpawnAttributes {
 public:
  explicit SpawnAttributes(const ChildPlan& plan) {
    ::posix_spawnattr_init(&attributes_);
    int flags = plan.has_own_session ? POSIX_SPAWN_SETSID : 0;
    if (plan.has_default_signals) {
      sigset_t none, all;
      ::sigemptyset(&none);
      ::sigfillset(&all);
      ::posix_spawnattr_setsigmask(&attributes_, &none);
      ::posix_spawnattr_setsigdefault(&attributes_, &all);
      flags |= POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    }
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

Result<pid_t> spawn(ChildPlan& plan) {
  SpawnActions actions;
  for (const auto& passed : plan.descriptors)
    if (auto done = actions.pass(passed.fd, passed.as); !done)
      return done.error().within(fmt::format("can't start {}", plan.name));
  actions.close_others();
  std::vector<char*> argv;
  for (auto& word : plan.words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, plan.executable.c_str(), actions.get(), SpawnAttributes(plan).get(),
                    argv.data(), plan.environment.empty() ? environ : plan.environment.data());
  if (error != 0) return errno_error("start " + plan.name, {}, error);
  return pid;
}

int wait_for(const UniqueFd& process, siginfo_t& info, int options) {
  int found = 0;
  do
    found = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(process.get()), &info,
                     WEXITED | options);
  while (found != 0 && errno == EINTR);
  return found;
}

bool is_reaped(const std::shared_ptr<const UniqueFd>& process) {
  siginfo_t info{};
  return wait_for(*process, info, WNOHANG) != 0 || info.si_pid != 0;
}

// Children that could not be reaped yet.
class LeftBehind {
 public:
  void add(std::shared_ptr<const UniqueFd> process) {
    const std::lock_guard lock(mutex_);
    processes_.push_back(std::move(process));
  }
  void reap() {
    const std::lock_guard lock(mutex_);
    std::erase_if(processes_, is_reaped);
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<const UniqueFd>> processes_;
};

LeftBehind& left_behind() {
  static LeftBehind all;
  return all;
}

}  // namespace

UniqueFd open_process(pid_t pid) {
  return UniqueFd(::pidfd_open(pid, 0));
}

bool has_ended(const UniqueFd& process) {
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) > 0;
}

// "Pid:\t4711", behind other lines (proc(5), /proc/pid/fdinfo).
pid_t pid_of(const UniqueFd& process) {
  std::ifstream lines(fmt::format("/proc/self/fdinfo/{}", process.get()));
  pid_t pid = 0;
  for (std::string name; lines >> name;)
    if (name == "Pid:") lines >> pid;
  return std::max(pid, 0);
}

bool send_signal(const UniqueFd& process, int signal) {
  return ::pidfd_send_signal(process.get(), signal, nullptr, 0) == 0;
}

std::string ExitStatus::text() const {
  if (!is_signal && code == kUnknown) return "an unknown exit status";
  if (!is_signal) return fmt::format("exit status {}", code);
  const char* name = ::sigabbrev_np(code);
  return name == nullptr ? fmt::format("signal {}", code) : fmt::format("SIG{}", name);
}

Result<ChildProcess> ChildProcess::start(ChildPlan plan) {
  left_behind().reap();
  auto pid = spawn(plan);
  if (!pid) return pid.error();
  // Not reaped yet, so the number is still this child's.
  UniqueFd pidfd = actiond::open_process(*pid);
  if (!pidfd) return errno_error("watch " + plan.name);
  return ChildProcess(*pid, std::move(pidfd));
}

std::optional<ExitStatus> ChildProcess::reap() {
  if (!*this) return std::nullopt;
  const bool is_over = has_ended(*pidfd_);
  if (auto status = reap(WNOHANG)) return status;
  if (!is_over) return std::nullopt;
  give_up();
  return ExitStatus{false, ExitStatus::kUnknown};
}

ExitStatus ChildProcess::wait() {
  return reap(0).value_or(ExitStatus{false, ExitStatus::kUnknown});
}

ExitStatus ChildProcess::give_up() {
  if (*this) left_behind().add(std::move(pidfd_));
  return {true, SIGKILL};
}

std::optional<ExitStatus> ChildProcess::reap(int options) {
  if (!*this) return std::nullopt;
  siginfo_t info{};
  const int found = wait_for(*pidfd_, info, options);
  if (found == 0 && info.si_pid == 0) return std::nullopt;
  pidfd_.reset();
  if (found != 0) return ExitStatus{false, ExitStatus::kUnknown};  // somebody else has reaped it
  return ExitStatus{info.si_code != CLD_EXITED, info.si_status};
}

}  // namespace actiond
