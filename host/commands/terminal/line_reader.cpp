#include "commands/terminal/line_reader.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace actiond {

bool LineReader::is_ready() {
  while (!holds_line() && !is_at_end_ && !is_too_long()) {
    pollfd input{fd_, POLLIN, 0};
    if (::poll(&input, 1, 0) <= 0) return false;
    if (auto read = read_more(); !read) return true;  // next tells
  }
  return true;
}

Result<std::optional<std::string>> LineReader::next() {
  while (!holds_line() && !is_at_end_)
    if (auto read = read_more(); !read) return read.error();
  if (begin_ == text_.size()) return std::optional<std::string>();
  const auto end = std::min(end_of_line(), text_.size());
  if (end - begin_ > most_) return too_long();
  ++lines_;
  std::optional<std::string> line = text_.substr(begin_, end - begin_);
  begin_ = searched_ = std::min(end + 1, text_.size());
  return line;
}

std::size_t LineReader::end_of_line() {
  const auto end = text_.find('\n', searched_);
  searched_ = std::min(end, text_.size());
  return end;
}

Error LineReader::too_long() const {
  return {fmt::format("line {} is longer than {} bytes", lines_ + 1, most_)};
}

Result<void> LineReader::read_more() {
  constexpr std::size_t kPart = 64 * 1024;
  if (is_too_long()) return too_long();
  searched_ -= begin_;
  text_.erase(0, std::exchange(begin_, 0));
  const std::size_t size = text_.size();
  text_.resize(size + kPart);
  ssize_t got = 0;
  do {
    got = ::read(fd_, text_.data() + size, kPart);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  text_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return errno_error("read standard input", {}, error);
  is_at_end_ = got == 0;
  return {};
}

}  // namespace actiond
