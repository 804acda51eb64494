#include "poller/life/pid_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot to say so itself
#include <sys/pidfd.h>
}

#include <cstdint>
#include <fstream>
#include <sstream>

namespace actiond {
namespace {

// Field 22 of /proc/PID/stat, in clock ticks since boot (proc(5)); empty if there is no such
// process. The second field may hold spaces and parentheses: count from the last ')'.
std::string start_time(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos) return {};
  std::istringstream fields(text.substr(after_name + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number)
    if (!(fields >> field)) return {};
  return field;
}

std::string random_hex() {
  std::uint64_t value = 0;
  if (::getrandom(&value, sizeof value, 0) != sizeof value)
    value = static_cast<std::uint64_t>(::getpid());
  return fmt::format("{:016x}", value);
}

class Lock {
 public:
  // flock, unlike fcntl's locks, is not dropped when the process closes another descriptor of it.
  explicit Lock(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)) {
    is_held_ = fd_ && ::flock(fd_.get(), LOCK_EX) == 0;
  }
  bool is_held() const { return is_held_; }

 private:
  UniqueFd fd_;
  bool is_held_;
};

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
  ::unlink(path.c_str());  // of an earlier process of this pid
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return errno_error("create", path.native());
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(fd.get()) != 0)
    return errno_error("write", path.native());
  return {};
}

std::filesystem::path lock_path(const std::filesystem::path& run_dir, int id) {
  return run_dir / fmt::format("poller.{}.lock", id);
}

}  // namespace

std::filesystem::path pid_path(const std::filesystem::path& run_dir, int id) {
  return run_dir / fmt::format("poller.{}.pid", id);
}

std::optional<PidRecord> read_pid_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  PidRecord record;
  if (!(file >> record.pid) || record.pid <= 0) return std::nullopt;
  file >> record.nonce;
  return record;
}

UniqueFd open_process(const PidRecord& record) {
  // First the handle, then the look: after it the pid can't become another process's unseen.
  UniqueFd pidfd(::pidfd_open(record.pid, 0));
  const std::string started = record.nonce.substr(0, record.nonce.find('-'));
  if (!pidfd || has_ended(pidfd) || started.empty() || start_time(record.pid) != started) return {};
  return pidfd;
}

bool has_ended(const UniqueFd& process) {
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) > 0;
}

void remove_pid_file(const std::filesystem::path& run_dir, int id, const PidRecord& record) {
  Lock lock(lock_path(run_dir, id));
  const auto path = pid_path(run_dir, id);
  if (lock.is_held() && read_pid_file(path) == record) ::unlink(path.c_str());
}

PidFile::PidFile(const std::filesystem::path& run_dir, int id)
    : path_(pid_path(run_dir, id)), lock_path_(lock_path(run_dir, id)) {
  mine_ = {::getpid(), fmt::format("{}-{}", start_time(::getpid()), random_hex())};
}

Result<void> PidFile::write_mine() {
  Lock lock(lock_path_);
  if (!lock.is_held()) return errno_error("lock", lock_path_.native());
  const auto temporary = path_.native() + fmt::format(".{}", mine_.pid);
  if (auto written = write_file(temporary, fmt::format("{}\n{}\n", mine_.pid, mine_.nonce));
      !written)
    return written;
  if (::rename(temporary.c_str(), path_.c_str()) != 0)
    return errno_error("rename to", path_.native());
  return {};
}

bool PidFile::same_file(const struct stat& now) const {
  return now.st_ino == seen_.st_ino && now.st_size == seen_.st_size &&
         now.st_mtim.tv_sec == seen_.st_mtim.tv_sec && now.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec;
}

bool PidFile::is_mine() {
  struct stat now {};
  // Only "not there" is a word to leave; a file system in trouble is not.
  if (::stat(path_.c_str(), &now) != 0) return errno != ENOENT && was_mine_;
  if (was_mine_ && same_file(now)) return true;
  seen_ = now;
  was_mine_ = read_pid_file(path_) == mine_;
  return was_mine_;
}

void PidFile::remove_if_mine() {
  Lock lock(lock_path_);
  if (lock.is_held() && read_pid_file(path_) == mine_) ::unlink(path_.c_str());
}

}  // namespace actiond
