#include "client/sqlite/bell.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "client/shared_file.hpp"

namespace action {

Result<Bell> Bell::open(const std::string& queue_file) {
  std::string path = queue_file + "-bell";
  const auto failed = [](const std::string& file) {
    return Error{
        fmt::format("can't open {}: {}: see to the rights of the file and of its directory", file,
                    std::strerror(errno))};
  };
  struct stat status {};
  if (::stat(queue_file.c_str(), &status) != 0) return failed(queue_file);
  // Whoever may use the one may use the other.
  const mode_t mode = status.st_mode & 0777;
  const int fd = open_shared_file(path, mode);
  if (fd < 0) return failed(path);
  (void)::fchmod(fd, mode);
  return Bell(std::move(path), fd);
}

Bell::Bell(Bell&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

Bell::~Bell() {
  if (fd_ >= 0) ::close(fd_);
}

void Bell::ring() const {
  [[maybe_unused]] const auto written = ::pwrite(fd_, "", 1, 0);
}

bool Bell::is_replaced() const {
  struct stat mine {};
  struct stat there {};
  if (::fstat(fd_, &mine) != 0 || ::stat(path_.c_str(), &there) != 0) return true;
  return mine.st_dev != there.st_dev || mine.st_ino != there.st_ino;
}

}  // namespace action
