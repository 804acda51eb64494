#include "poller/life/pid_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>

#include "base/files.hpp"

namespace actiond {
namespace {

constexpr int kMostReads = 3;                    // of one that can't be read
constexpr std::chrono::seconds kRemovalTime{1};  // one that stays does no harm
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

constexpr char kHost[] = "host", kNamespace[] = "namespace", kBoot[] = "boot";

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name[0] == '\0' ? "-" : name;
}

std::string inode_of_pid_namespace() {
  struct stat status {};
  return ::stat("/proc/self/ns/pid", &status) == 0 ? std::to_string(status.st_ino) : "-";
}

std::string boot_id() {
  std::string id = "-";
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

std::optional<Whereabouts> read_whereabouts(std::istream& text) {
  std::string host, name_space, boot;
  Whereabouts where;
  text >> host >> where.host >> name_space >> where.pid_namespace >> boot >> where.boot;
  if (!text || host != kHost || name_space != kNamespace || boot != kBoot) return std::nullopt;
  return where;
}

std::string to_text(const PidRecord& record) {
  const auto& where = *record.where;
  return fmt::format("{}\n{}\n{} {} {} {} {} {}\n", record.pid, record.nonce, kHost, where.host,
                     kNamespace, where.pid_namespace, kBoot, where.boot);
}

Error alive_elsewhere(int id, const PidRecord& record) {
  return {
      fmt::format("poller {} is alive elsewhere, with {}, in another container or on another "
                  "machine: give each its own --id, or its own run_dir",
                  id, name_of(record))};
}

std::filesystem::path lock_path(const std::filesystem::path& run_dir, int id) {
  return run_dir / fmt::format("poller.{}.lock", id);
}

}  // namespace

Whereabouts this_place() {
  return {host_name(), inode_of_pid_namespace(), boot_id()};
}

std::filesystem::path pid_path(const std::filesystem::path& run_dir, int id) {
  return run_dir / fmt::format("poller.{}.pid", id);
}

std::optional<PidRecord> read_pid_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  PidRecord record;
  if (!(file >> record.pid) || record.pid <= 0) return std::nullopt;
  file >> record.nonce;
  record.where = read_whereabouts(file);
  return record;
}

bool is_alive(const std::filesystem::path& path, const PidRecord& record) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return (file && is_held_by_another(file)) || static_cast<bool>(open_process(record));
}

std::string name_of(const PidRecord& record) {
  if (!record.is_elsewhere()) return fmt::format("pid {}", record.pid);
  return fmt::format("pid {} on host {}", record.pid, record.where->host);
}

UniqueFd open_process(const PidRecord& record) {
  if (record.is_elsewhere()) return {};
  // First the handle, then the look: after it the pid can't become another process's unseen.
  UniqueFd process = open_process(record.pid);
  const std::string started = record.nonce.substr(0, record.nonce.find('-'));
  if (!process || has_ended(process) || started.empty() || start_time(record.pid) != started)
    return {};
  return process;
}

void remove_pid_file(const std::filesystem::path& run_dir, int id, const PidRecord& record) {
  const auto locked = lock_file_within(kRemovalTime, lock_path(run_dir, id));
  const auto path = pid_path(run_dir, id);
  if (locked && read_pid_file(path) == record) ::unlink(path.c_str());
}

PidFile::PidFile(const std::filesystem::path& run_dir, int id)
    : run_dir_(run_dir), id_(id), path_(pid_path(run_dir, id)) {
  mine_ = {::getpid(), fmt::format("{}-{}", start_time(::getpid()), random_hex()), this_place()};
}

Result<std::optional<PidRecord>> PidFile::write_mine(std::chrono::milliseconds wait) {
  const auto locked = lock_file_within(wait, lock_path(run_dir_, id_));
  if (!locked) return locked.error();
  auto before = read_pid_file(path_);
  if (before && !is_alive(path_, *before)) before.reset();
  if (before && before->is_elsewhere()) return alive_elsewhere(id_, *before);
  directory_.reset(::open(run_dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory_) return errno_error("hold", run_dir_.native());
  (void)try_to_share_lock(directory_);  // only systemd-tmpfiles looks at it
  auto held = replace_file_and_hold(path_, to_text(mine_), kPidFileMode);
  if (!held) return held.error();
  held_ = std::move(*held);
  was_mine_ = false;
  return before;
}

bool PidFile::same_file(const struct stat& now) const {
  return now.st_ino == seen_.st_ino && now.st_size == seen_.st_size &&
         now.st_mtim.tv_sec == seen_.st_mtim.tv_sec && now.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec;
}

Standing PidFile::look() {
  struct stat now {};
  const std::string name = path_.filename();
  if (::fstatat(directory_.get(), name.c_str(), &now, 0) != 0) {
    // Only "not there" tells something; a file system in trouble does not.
    if (errno == ENOENT) return Standing::Removed;
    return was_mine_ ? Standing::Mine : Standing::Replaced;
  }
  if (was_mine_ && !is_unread_ && same_file(now)) return Standing::Mine;
  seen_ = now;
  auto record = read_pid_file(held_directory() / name);
  // It may have been removed since it was found, and another one be there by now.
  for (int i = 0; !record && i < kMostReads; ++i) {
    if (is_gone(path_)) return Standing::Removed;
    record = read_pid_file(held_directory() / name);
  }
  if (!record && !can_be_read(name)) {
    is_unread_ = true;
    return Standing::Mine;
  }
  is_unread_ = false;
  was_mine_ = record == mine_;
  return was_mine_ ? Standing::Mine : Standing::Replaced;
}

// Too many open files, or a disk in trouble: that tells nothing.
bool PidFile::can_be_read(const std::string& name) const {
  return static_cast<bool>(
      UniqueFd(::openat(directory_.get(), name.c_str(), O_RDONLY | O_CLOEXEC)));
}

bool PidFile::is_adrift() const {
  struct stat held {
  }, named{};
  if (!directory_ || ::fstat(directory_.get(), &held) != 0) return false;
  if (::stat(run_dir_.c_str(), &named) != 0) return errno == ENOENT || errno == ENOTDIR;
  if (held.st_dev != named.st_dev || held.st_ino != named.st_ino) return true;
  // Nobody removes the lock but who removes everything.
  return is_gone(path_) && is_gone(lock_path(run_dir_, id_));
}

bool PidFile::is_gone(const std::filesystem::path& path) const {
  const std::string name = path.filename();
  return ::faccessat(directory_.get(), name.c_str(), F_OK, 0) != 0 && errno == ENOENT;
}

bool PidFile::is_homeless() const {
  struct stat held {};
  return directory_ && ::fstat(directory_.get(), &held) == 0 && held.st_nlink == 0;
}

void PidFile::touch() const {
  std::error_code error;
  const std::string mine = fmt::format("poller.{}.", id_);
  for (const auto& path : list_directory(held_directory(), error)) {
    const std::string name = path.filename();
    if (name.starts_with(mine) || name == "snapshots")
      ::utimensat(directory_.get(), name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  }
}

// A path that leads there also after the directory was renamed.
std::filesystem::path PidFile::held_directory() const {
  return fmt::format("/proc/self/fd/{}", directory_.get());
}

void PidFile::remove_if_mine() {
  if (directory_) remove_pid_file(held_directory(), id_, mine_);
}

}  // namespace actiond
