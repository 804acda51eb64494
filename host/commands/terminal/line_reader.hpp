// Lines of a pipe or a terminal that can tell whether the next one is there already: whoever
// gathers lines into batches must not sit on one while the sender thinks.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace actiond {

class LineReader {
 public:
  // Reads from `fd`, which stays the caller's.
  explicit LineReader(int fd) : fd_(fd) {}

  // Would next answer without waiting?
  bool is_ready();
  // The next line without its end; the last one may have none. Nothing at the end. Blocks.
  Result<std::optional<std::string>> next();

 private:
  Result<void> read_more();
  bool holds_line() const { return text_.find('\n', begin_) != std::string::npos; }

  int fd_;
  std::string text_;
  std::size_t begin_ = 0;  // of what next has not handed out
  bool is_at_end_ = false;
};

}  // namespace actiond
