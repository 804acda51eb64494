#include "base/config/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/fd.hpp"
#include "base/ownership.hpp"

namespace actiond {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr int kLongestWait_ms = 5000;
constexpr const char* kStandardPaths[] = {"config/actiond.yaml", "actiond.yaml",
                                          "/etc/actiond/actiond.yaml"};

// A pipe is not waited for here.
UniqueFd open_to_read(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// At most so long: a pipe may be one that nobody writes to.
bool has_something(int fd) {
  pollfd source{fd, POLLIN, 0};
  return ::poll(&source, 1, kLongestWait_ms) != 0;
}

Result<std::string> read_all(int fd, const std::string& path) {
  std::string text;
  std::array<char, 16384> chunk;
  while (text.size() <= kMaxBytes) {
    if (!has_something(fd))
      return Error{
          fmt::format("the configuration '{}' is a pipe that nobody writes to: name a file", path)};
    const ssize_t size = ::read(fd, chunk.data(), chunk.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) return errno_error("read the configuration", path);
    if (size == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  return Error{fmt::format("the configuration '{}' is larger than 1 MiB", path)};
}

Result<std::optional<ConfigFile>> read_opened(const UniqueFd& fd, const std::string& path) {
  const auto checked = check_not_writable_by_others(fd.get(), path);
  if (!checked) return checked.error().within("the configuration");
  auto text = read_all(fd.get(), path);
  if (!text) return text.error();
  return std::optional(ConfigFile{path, std::move(*text)});
}

// origin: who named the file, if not the command line itself.
Result<std::optional<ConfigFile>> read_named(const std::string& path, std::string_view origin) {
  const UniqueFd fd = open_to_read(path);
  if (fd) return read_opened(fd, path);
  const Error error = errno_error("open the configuration", path);
  return Error{error.text + std::string(origin)};
}

}  // namespace

std::string environment_variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::optional<ConfigFile>> read_config_file(const std::string& given) {
  if (!given.empty()) return read_named(given, "");
  const std::string named = environment_variable("ACTIOND_CONFIG");
  if (!named.empty()) return read_named(named, " (named by $ACTIOND_CONFIG)");
  for (const char* path : kStandardPaths) {
    const UniqueFd fd = open_to_read(path);
    if (fd) return read_opened(fd, path);
    // Anything but absence is told: another file, or the defaults, would be a surprise.
    if (errno != ENOENT && errno != ENOTDIR) return errno_error("open the configuration", path);
  }
  return std::optional<ConfigFile>();
}

}  // namespace actiond
