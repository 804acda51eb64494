#include "base/log_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace actiond {
namespace {

constexpr std::size_t max_collected_bytes = 64 * 1024;
constexpr mode_t file_mode = 0640;
constexpr int patience_ms = 1000;

// Standard error may be non-blocking (who shares the terminal made it so) and its reader slow.
bool wait_writable(int fd, int timeout_ms) {
  pollfd waiting{fd, POLLOUT, 0};
  return ::poll(&waiting, 1, timeout_ms) > 0;
}

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool is_same_file(int one, int other) {
  struct stat first {};
  struct stat second {};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 && is_same(first, second);
}

}  // namespace

LogSink::~LogSink() {
  LogSink::flush_();
}

Result<void> LogSink::open() {
  if (file_.empty()) return {};
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  UniqueFd opened(::open(file_.c_str(), flags, file_mode));
  if (!opened) return errno_error("open the log", file_.string());
  if (opened_) flush_();  // what was logged so far belongs to the old file
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    if (opened_ && is_same_file(opened_.get(), fd)) ::dup2(opened.get(), fd);
  opened_ = std::move(opened);
  return {};
}

bool LogSink::has_moved() const {
  struct stat named {};
  struct stat held {};
  if (!opened_ || ::fstat(opened_.get(), &held) != 0) return false;
  if (::stat(file_.c_str(), &named) != 0) return errno == ENOENT;
  return !is_same(named, held);
}

std::uint64_t LogSink::take_lost() {
  return is_failing_ ? 0 : std::exchange(lost_, 0);
}

int LogSink::fd() const {
  return file_.empty() ? STDERR_FILENO : opened_.get();
}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  lines_.append(message.payload.begin(), message.payload.end());
  if (lines_.size() >= max_collected_bytes) flush_();
}

void LogSink::flush_() {
  if (lines_.size() == 0) return;
  // What failed may have ended within a line.
  const bool may_begin = !is_failing_ || write("\n").empty();
  const std::string_view lines(lines_.data(), lines_.size());
  const std::string_view left = may_begin ? write(lines) : lines;
  is_failing_ = !left.empty();
  lose(left);
  lines_.clear();
}

void LogSink::lose(std::string_view lines) {
  lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

std::string_view LogSink::write(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t size = ::write(fd(), lines.data(), lines.size());
    if (size >= 0)
      lines.remove_prefix(static_cast<std::size_t>(size));
    else if (errno == EAGAIN ? !wait_writable(fd(), is_failing_ ? 0 : patience_ms) : errno != EINTR)
      return lines;
  }
  return {};
}

}  // namespace actiond
