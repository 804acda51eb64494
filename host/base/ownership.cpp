#include "base/ownership.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace actiond {
namespace {

Error refuse(const std::filesystem::path& path, std::string_view why, std::string_view command) {
  return {
      fmt::format("'{0}' {1}: refused when running as root; {2} {0}", path.string(), why, command)};
}

Result<void> check(const struct ::stat& found, const std::filesystem::path& path) {
  if (found.st_uid != 0)
    return refuse(path, fmt::format("is owned by user {}", found.st_uid), "chown root");
  if ((found.st_mode & S_IWOTH) != 0)
    return refuse(path, "can be written by everyone", "chmod o-w");
  if ((found.st_mode & S_IWGRP) != 0 && found.st_gid != 0)
    return refuse(path, fmt::format("can be written by group {}", found.st_gid), "chmod g-w");
  return {};
}

}  // namespace

Result<void> check_not_writable_by_others(const std::filesystem::path& path) {
  if (::geteuid() != 0) return {};
  struct ::stat found {};
  if (::stat(path.c_str(), &found) != 0) return errno_error("stat", path.string());
  return check(found, path);
}

Result<void> check_not_writable_by_others(int fd, const std::filesystem::path& path) {
  if (::geteuid() != 0) return {};
  struct ::stat found {};
  if (::fstat(fd, &found) != 0) return errno_error("stat", path.string());
  return check(found, path);
}

}  // namespace actiond
