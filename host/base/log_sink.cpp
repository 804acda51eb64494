#include "base/log_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/clock.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostWaiting = 64 * 1024;
// What a pipe takes at once if poll(2) says that it takes anything (pipe(7): PIPE_BUF).
constexpr std::size_t kPart = 4096;
constexpr auto kLastPatience = 1000ms;
constexpr mode_t kLogMode = 0640;

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool is_same_file(int one, int other) {
  struct stat first {};
  struct stat second {};
  return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 && is_same(first, second);
}

// Whoever shares a terminal or a pipe with this process must not find it non-blocking: it is opened
// once more, for this process. None if that is not allowed; then only poll(2) tells of room.
UniqueFd own_standard_error() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) != 0) return {};
  if (!S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode)) return {};
  return UniqueFd(
      ::open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

}  // namespace

Result<UniqueFd> open_log_file(const std::filesystem::path& file) {
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  UniqueFd opened(::open(file.c_str(), flags, kLogMode));
  if (opened) return opened;
  if (errno == ENXIO)
    return Error{"can't open the log '" + file.string() +
                 "': nobody reads this pipe: start its reader first"};
  return errno_error("open the log", file.string());
}

LogSink::LogSink(std::filesystem::path file, Report report)
    : file_(std::move(file)), report_(std::move(report)) {}

LogSink::~LogSink() {
  const auto until = monotonic_now() + kLastPatience;
  flush();
  while (waiting() > 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - monotonic_now());
    if (left <= 0ms) return;
    drain(static_cast<int>(left.count()));
  }
}

Result<void> LogSink::open() {
  UniqueFd opened;
  if (file_.empty()) {
    opened = own_standard_error();
  } else {
    auto file = open_log_file(file_);
    if (!file) return file.error();
    opened = std::move(*file);
  }
  if (opened_) flush();  // what was logged so far belongs to the old file
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    if (!file_.empty() && opened_ && is_same_file(opened_.get(), fd)) ::dup2(opened.get(), fd);
  opened_ = std::move(opened);
  learn_kind();
  return {};
}

void LogSink::learn_kind() {
  struct stat status {};
  kind_ = Kind::File;
  if (::fstat(fd(), &status) != 0) return;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::Socket;
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) kind_ = Kind::Stream;
}

bool LogSink::has_moved() const {
  struct stat named {};
  struct stat held {};
  if (file_.empty() || !opened_ || ::fstat(opened_.get(), &held) != 0) return false;
  if (::stat(file_.c_str(), &named) != 0) return errno == ENOENT;
  return !is_same(named, held);
}

void LogSink::add(std::string_view line) {
  const bool is_full = waiting() > 0 && waiting() + line.size() > kMostWaiting;
  if (lost_ > 0 || is_full) flush();
  if (waiting() > 0 && (lost_ > 0 || waiting() + line.size() > kMostWaiting)) return lose(line);
  lines_.append(line);
}

void LogSink::flush() {
  drain(0);
  if (lost_ == 0 || waiting() > 0) return;
  report_lost();
  drain(0);
}

// Waits for room, for so long in all.
void LogSink::drain(int patience_ms) {
  while (waiting() > 0 && has_room(patience_ms)) {
    const auto part = next_part();
    const ssize_t size = kind_ == Kind::Socket
                             ? ::send(fd(), part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                             : ::write(fd(), part.data(), part.size());
    if (size >= 0)
      wrote(static_cast<std::size_t>(size));
    else if (errno == EAGAIN)
      return;
    else if (errno != EINTR)
      return fail(errno);
  }
}

bool LogSink::has_room(int patience_ms) const {
  if (kind_ == Kind::File) return true;
  pollfd room{fd(), POLLOUT, 0};
  return ::poll(&room, 1, patience_ms) > 0;
}

// Whole lines as far as possible: others may write between two parts.
std::string_view LogSink::next_part() const {
  const std::string_view left(lines_.data() + written_, waiting());
  if (kind_ == Kind::File || left.size() <= kPart) return left;
  const auto end = left.substr(0, kPart).rfind('\n');
  return left.substr(0, end == std::string_view::npos ? kPart : end + 1);
}

void LogSink::wrote(std::size_t size) {
  if (size == 0) return;
  written_ += size;
  is_within_line_ = lines_[written_ - 1] != '\n';
  if (waiting() > 0) return;
  lines_.clear();
  written_ = 0;
  reported_ = 0;
}

// What can't be written is given up: it is not the last that will be logged.
void LogSink::fail(int error) {
  why_lost_ = file_.empty() ? errno_error("write to standard error", {}, error).text
                            : errno_error("write", file_.native(), error).text;
  std::string_view left(lines_.data() + written_, waiting());
  if (left.starts_with('\n')) left.remove_prefix(1);  // the end of a line that is counted already
  lost_ += static_cast<std::uint64_t>(std::count(left.begin(), left.end(), '\n'));
  // The line that reports others is none of them.
  if (reported_ > 0) lost_ += std::exchange(reported_, 0) - 1;
  lines_.clear();
  written_ = 0;
}

void LogSink::lose(std::string_view lines) {
  lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  why_lost_ =
      file_.empty() ? "nobody reads standard error" : "nobody reads '" + file_.string() + "'";
}

void LogSink::report_lost() {
  if (is_within_line_) lines_.push_back('\n');  // what failed ended there
  const auto before = waiting();
  const auto lost = std::exchange(lost_, 0);
  report_(lines_, lost, why_lost_);
  reported_ = waiting() > before ? lost : 0;  // said elsewhere, it is lost to nobody
}

}  // namespace actiond
