#include "runner/own_descriptor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.hpp"

namespace actiond {
namespace {

// Loops that close descriptors, where somebody wrote one by hand, often end at 64, 256 or 1000.
constexpr rlim_t kHigh = 1024, kRoom = 16;

int high_number() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t most = std::min(limit.rlim_cur, kHigh);
  return most > 2 * kRoom ? static_cast<int>(most - kRoom) : 0;
}

}  // namespace

Result<OwnDescriptor> OwnDescriptor::adopt(int fd) {
  const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, high_number());
  if (high < 0) return errno_error("move a descriptor of the runner");
  ::close(fd);
  return at(high);
}

OwnDescriptor OwnDescriptor::at(int fd) {
  OwnDescriptor own(fd);
  struct stat is {};
  if (::fstat(fd, &is) == 0) {
    own.device_ = is.st_dev;
    own.inode_ = is.st_ino;
  }
  return own;
}

bool OwnDescriptor::is_still_ours() const {
  struct stat is {};
  return ::fstat(fd_, &is) == 0 && is.st_dev == device_ && is.st_ino == inode_;
}

}  // namespace actiond
