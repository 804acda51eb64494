#include "web/token_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/files.hpp"
#include "web/doorkeeper.hpp"

namespace actiond::web {
namespace {

constexpr mode_t kTokenMode = 0600;
constexpr std::size_t kLeastToken = 32;

Error unusable(const std::filesystem::path& path, const std::string& why) {
  return {fmt::format("the page's token in {} {}: remove the file, and a new one is made",
                      path.native(), why)};
}

Result<std::string> read_token(const UniqueFd& file, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return errno_error("look at", path.native());
  if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0 || status.st_uid != ::geteuid())
    return unusable(path, "could be read by others, or is another user's");
  char text[256];
  const ssize_t size = ::read(file.get(), text, sizeof text);
  if (size < 0) return errno_error("read", path.native());
  std::string token(text, static_cast<std::size_t>(size));
  token = token.substr(0, token.find_first_of(" \r\n"));
  if (token.size() < kLeastToken) return unusable(path, "is too short");
  return token;
}

}  // namespace

std::filesystem::path token_path(const std::filesystem::path& run_dir) {
  return run_dir / "web.token";
}

Result<std::string> read_or_make_token(const std::filesystem::path& run_dir) {
  const auto path = token_path(run_dir);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file) return read_token(file, path);
  if (errno != ENOENT) return errno_error("open", path.native());
  const auto token = new_secret();
  if (auto made = replace_file(path, token + "\n", kTokenMode); !made)
    return made.error().within("can't make the page's token");
  return token;
}

}  // namespace actiond::web
