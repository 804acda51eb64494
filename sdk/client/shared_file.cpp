#include "client/shared_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace action {
namespace {

constexpr int kMostTries = 10;  // against somebody who makes and removes it all the time

// Under another name first. -1 with EEXIST: somebody else was faster.
int make_shared_file(const std::string& path, mode_t mode) {
  static std::atomic<unsigned> count{0};
  const auto unborn = fmt::format("{}.{}.{}", path, ::getpid(), count++);
  const int fd =
      ::open(unborn.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return fd;
  const bool is_made = ::fchmod(fd, mode) == 0 && ::link(unborn.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(unborn.c_str());
  if (is_made) return fd;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

int open_shared_file(const std::string& path, mode_t mode) {
  int fd = -1;
  for (int tries = 0; tries < kMostTries; ++tries) {
    fd = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT) return fd;
    fd = make_shared_file(path, mode);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return fd;
}

}  // namespace action
