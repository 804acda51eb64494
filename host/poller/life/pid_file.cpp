#include "poller/life/pid_file.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>

#include "base/files.hpp"

namespace actiond {
namespace {

constexpr mode_t kPidFileMode = 0644;

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
  UniqueFd process = open_process(record.pid);
  const std::string started = record.nonce.substr(0, record.nonce.find('-'));
  if (!process || has_ended(process) || started.empty() || start_time(record.pid) != started)
    return {};
  return process;
}

void remove_pid_file(const std::filesystem::path& run_dir, int id, const PidRecord& record) {
  const auto locked = lock_file(lock_path(run_dir, id));
  const auto path = pid_path(run_dir, id);
  if (locked && read_pid_file(path) == record) ::unlink(path.c_str());
}

PidFile::PidFile(const std::filesystem::path& run_dir, int id)
    : run_dir_(run_dir), id_(id), path_(pid_path(run_dir, id)) {
  mine_ = {::getpid(), fmt::format("{}-{}", start_time(::getpid()), random_hex())};
}

Result<void> PidFile::write_mine() {
  const auto locked = lock_file(lock_path(run_dir_, id_));
  if (!locked) return locked.error();
  return replace_file(path_, fmt::format("{}\n{}\n", mine_.pid, mine_.nonce), kPidFileMode);
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
  remove_pid_file(run_dir_, id_, mine_);
}

}  // namespace actiond
