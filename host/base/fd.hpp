// A file descriptor with an owner, and the sentence for a system call that failed.
#pragma once

#include <cerrno>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace actiond {

// Closes its descriptor when it ends. Move-only; -1 means none.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

  // The descriptor, which the caller now owns.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  // Closes what it holds and takes over fd. Leaves errno alone.
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// "can't open '/run/x': Permission denied", of errno_error("open", "/run/x"); without an object,
// "can't fork: ...". Call it before anything else changes errno.
Error errno_error(std::string_view verb, std::string_view object = {}, int number = errno);

}  // namespace actiond
