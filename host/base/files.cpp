#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/clock.hpp"

namespace actiond {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kLockMode = 0640;

constexpr std::chrono::milliseconds kTryAgain{10};

// False, with errno, if another signal than the lock ended the wait for good.
bool wait_for_lock(const UniqueFd& file) {
  while (::flock(file.get(), LOCK_EX) != 0)
    if (errno != EINTR) return false;
  return true;
}

Result<UniqueFd> write_new(const fs::path& path, std::string_view text, mode_t mode) {
  ::unlink(path.c_str());  // of an earlier process of this number
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd) return errno_error("create", path.native());
  if (::fchmod(fd.get(), mode) != 0 ||
      ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(fd.get()) != 0)
    return errno_error("write", path.native());
  return fd;
}

}  // namespace

UniqueFd open_lock(const fs::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kLockMode));
}

Result<UniqueFd> lock_file(const fs::path& path) {
  UniqueFd file = open_lock(path);
  if (!file || !wait_for_lock(file)) return errno_error("lock", path.native());
  return file;
}

Result<UniqueFd> lock_file_within(std::chrono::milliseconds limit, const fs::path& path) {
  UniqueFd file = open_lock(path);
  const auto until = monotonic_now() + limit;
  while (!file || !try_to_lock(file)) {
    if (!file || (errno != EWOULDBLOCK && errno != EINTR))
      return errno_error("lock", path.native());
    if (monotonic_now() >= until)
      return Error{
          fmt::format(
              "{} is locked by another process, which must let it go first: `fuser {}` tells which",
              path.native(), path.native()),
          Fault::NotNow};
    std::this_thread::sleep_for(kTryAgain);
  }
  return file;
}

bool try_to_lock(const UniqueFd& file) {
  return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0;
}

bool is_held_by_another(const UniqueFd& file) {
  if (!try_to_share_lock(file)) return errno == EWOULDBLOCK;
  ::flock(file.get(), LOCK_UN);
  return false;
}

bool try_to_share_lock(const UniqueFd& file) {
  return ::flock(file.get(), LOCK_SH | LOCK_NB) == 0;
}

Result<void> replace_file(const fs::path& path, std::string_view text, mode_t mode) {
  auto written = replace_file_and_hold(path, text, mode);
  if (!written) return written.error();
  return {};
}

Result<UniqueFd> replace_file_and_hold(const fs::path& path, std::string_view text, mode_t mode) {
  const fs::path temporary = path.native() + fmt::format(".{}", ::getpid());
  auto written = write_new(temporary, text, mode);
  if (written) (void)try_to_lock(*written);  // nobody else knows it yet
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = errno_error("rename to", path.native());
  if (!written) ::unlink(temporary.c_str());
  return written;
}

std::vector<fs::path> list_directory(const fs::path& directory, std::error_code& error) {
  std::vector<fs::path> paths;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error))
    paths.push_back(entry->path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace actiond
