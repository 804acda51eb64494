#include "poller/plugin_sets/snapshots.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/ownership.hpp"
#include "poller/plugin_sets/plugin_directory.hpp"
#include "poller/plugin_sets/plugin_tree.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

constexpr int kMostCopies = 20;
constexpr std::chrono::seconds kCollectWait{1};  // else the next one does it
constexpr mode_t kDirectoryMode = 0750;
constexpr mode_t kFileMode = 0550;  // nobody is to write into what is mapped

Result<void> write_all(const UniqueFd& to, const char* bytes, std::size_t size,
                       const fs::path& file) {
  while (size > 0) {
    const ssize_t written = ::write(to.get(), bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno_error("copy", file.native());
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return {};
}

// From where an attempt before it stopped. By the open descriptors: the copy can't be opened for
// writing any more, by its mode.
Result<void> copy_plainly(const UniqueFd& from, const UniqueFd& to, const fs::path& file) {
  std::vector<char> part(std::size_t{1} << 16);
  for (;;) {
    const ssize_t got = ::read(from.get(), part.data(), part.size());
    if (got == 0) return {};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("read", file.native());
    if (auto written = write_all(to, part.data(), static_cast<std::size_t>(got), file); !written)
      return written;
  }
}

Result<void> copy_bytes(const UniqueFd& from, const UniqueFd& to, const fs::path& file) {
  // Where the file system can, both share the blocks (ioctl_ficlone(2)); ETXTBSY and the like: no.
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return {};
  for (;;) {
    const ssize_t copied =
        ::copy_file_range(from.get(), nullptr, to.get(), nullptr, std::size_t{1} << 30, 0);
    if (copied == 0) return {};
    if (copied < 0) return copy_plainly(from, to, file);  // not between these two file systems
  }
}

Result<void> copy_one(const fs::path& from, const fs::path& to) {
  const UniqueFd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source) return errno_error("open", from.native());
  const UniqueFd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!target) return errno_error("create", to.native());
  return copy_bytes(source, target, from);
}

Result<void> copy_tree(const fs::path& from, const fs::path& to, const fs::path& without) {
  const auto entries = list_tree(from, without);
  if (!entries) return entries.error();
  if (::mkdir(to.c_str(), kDirectoryMode) != 0) return errno_error("create", to.native());
  for (const auto& entry : *entries) {
    const auto target = to / entry.path;
    if (entry.is_directory()) {
      if (::mkdir(target.c_str(), kDirectoryMode) != 0)
        return errno_error("create", target.native());
    } else if (auto copied = copy_one(from / entry.path, target); !copied) {
      return copied;
    }
  }
  return {};
}

Result<void> check_owners(const fs::path& source, const fs::path& without) {
  const auto entries = list_tree(source, without);
  if (!entries) return entries.error();
  if (auto safe = check_not_writable_by_others(source); !safe)
    return safe.error().within("the plugin directory");
  for (const auto& entry : *entries)
    if (auto safe = check_not_writable_by_others(source / entry.path); !safe)
      return safe.error().within("plugin");
  return {};
}

// Debian mounts /run without exec: the loader's own word for it ("failed to map segment") helps
// nobody.
Result<void> check_can_map(const fs::path& directory) {
  struct statvfs where {};
  if (::statvfs(directory.c_str(), &where) != 0 || (where.f_flag & ST_NOEXEC) == 0) return {};
  return Error{
      fmt::format("no plugin can be loaded from {}: its file system is mounted noexec: set "
                  "run_dir: to a directory on another one, such as /var/lib/actiond",
                  directory.native())};
}

void remove_tree(const fs::path& path) {
  std::error_code ignored;  // what is left is looked at again next time
  fs::remove_all(path, ignored);
}

}  // namespace

Snapshots::Snapshots(const fs::path& run_dir) : directory_(run_dir / "snapshots") {}

Result<UniqueFd> Snapshots::lock(std::chrono::milliseconds wait) {
  if (::mkdir(directory_.c_str(), kDirectoryMode) != 0 && errno != EEXIST)
    return errno_error("create", directory_.native());
  return lock_file_within(wait, directory_ / ".lock");
}

Result<Snapshot> Snapshots::make(const fs::path& source, const Keep& keep,
                                 std::chrono::milliseconds wait) {
  (void)::mkdir(run_dir().c_str(), kDirectoryMode);  // somebody may have removed it
  auto locked = lock(wait);
  if (!locked) return locked.error();
  if (auto can_map = check_can_map(directory_); !can_map) return can_map.error();
  if (auto safe = check_owners(source, run_dir()); !safe) return safe.error();
  if (is_on_hold(source)) return on_hold(source);
  auto snapshot = make_locked(source);
  if (snapshot && is_on_hold(source)) return on_hold(source);  // and may be half of what is to come
  if (snapshot) collect_locked(keep());
  return snapshot;
}

// A copy counts if it holds what the source held before and after: else somebody is at work there.
Result<Snapshot> Snapshots::make_locked(const fs::path& source) {
  for (int i = 0; i < kMostCopies; ++i) {
    auto before = tree_hash(source, run_dir());
    const auto is_there = before ? is_whole(*before) : false;
    if (!is_there) return is_there.error();
    if (*is_there) return hold(*before);
    auto copied = before ? copy(source) : before;
    const auto after = tree_hash(source, run_dir());
    if (copied && after && *copied == *after) return hold(*copied);
    if (!after) return after.error();
    if (!copied && !before) continue;  // a file went away while it was read
    if (!copied && *before == *after) return copied.error();
  }
  return Error{
      fmt::format("the plugin directory {} changed {} times while it was copied: try again "
                  "when it has stopped changing",
                  source.native(), kMostCopies)};
}

// Looked at, not only trusted for its name: after a power cut its files may be empty. That it can't
// be read proves nothing: others may be using it.
Result<bool> Snapshots::is_whole(const std::string& hash) const {
  if (!fs::exists(directory_ / hash)) return false;
  const auto found = tree_hash(directory_ / hash, {}, TreeKind::Copy);
  if (!found) return found.error();
  return *found == hash;
}

// Returns the hash of what it copied, which is its name from now on.
Result<std::string> Snapshots::copy(const fs::path& source) {
  const auto temporary = directory_ / fmt::format(".copy.{}", ::getpid());
  remove_tree(temporary);
  auto copied = copy_tree(source, temporary, run_dir());
  auto hash = copied ? tree_hash(temporary, {}, TreeKind::Copy) : copied.error();
  if (hash)
    if (auto there = put(temporary, *hash); !there) hash = there.error();
  remove_tree(temporary);
  return hash;
}

// A damaged one is in its way only now, that there is something better for those who use it.
Result<void> Snapshots::put(const fs::path& copied, const std::string& hash) {
  const auto path = directory_ / hash;
  const auto is_there = is_whole(hash);
  if (is_there && *is_there) return {};
  const auto damaged = directory_ / fmt::format(".damaged.{}", ::getpid());
  remove_tree(damaged);
  if (::rename(path.c_str(), damaged.c_str()) != 0 && errno != ENOENT)
    return errno_error("rename", path.native());
  if (::rename(copied.c_str(), path.c_str()) != 0) return errno_error("rename", copied.native());
  return {};
}

Result<Snapshot> Snapshots::hold(const std::string& hash) {
  const auto path = directory_ / hash;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || !try_to_share_lock(fd)) return errno_error("hold", path.native());
  return Snapshot{path, hash, std::make_shared<const UniqueFd>(std::move(fd))};
}

Result<Snapshot> Snapshots::open(const std::string& hash, std::chrono::milliseconds wait) {
  auto locked = lock(wait);
  if (!locked) return locked.error();
  const bool is_hash = hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  const auto is_there = is_hash ? is_whole(hash) : false;
  if (!is_there) return is_there.error();
  if (!*is_there)
    return Error{fmt::format("the plugin set {} is no longer in {}: deploy it again", hash,
                             directory_.native())};
  return hold(hash);
}

void Snapshots::collect(const Keep& keep) {
  if (auto locked = lock(kCollectWait)) collect_locked(keep());
}

// Only under the lock: nobody can begin to use one between the look and the removal.
void Snapshots::collect_locked(const std::set<std::string>& keep) {
  for (const auto& path : contents()) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd && !keep.contains(path.filename()) && try_to_lock(fd)) remove_tree(path);
  }
  for (const auto& path : contents())  // the marks of what is gone
    if (path.filename() != ".lock" && !fs::exists(directory_ / path.stem())) remove_tree(path);
}

std::vector<fs::path> Snapshots::contents() const {
  std::error_code error;
  return list_directory(directory_, error);
}

void Snapshots::note_crash(const std::string& hash) {
  const auto path = directory_ / (hash + ".crashed");
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (fd) ::futimens(fd.get(), nullptr);
}

std::int64_t Snapshots::crashed_at_ms(const std::string& hash) const {
  struct stat status {};
  if (::stat((directory_ / (hash + ".crashed")).c_str(), &status) != 0) return 0;
  return std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace actiond
