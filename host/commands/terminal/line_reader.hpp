// Lines of a pipe or a terminal that can tell whether the next one is there already: whoever
// gathers lines into batches must not sit on one while the sender thinks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace actiond {

class LineReader {
 public:
  // Reads from `fd`, which stays the caller's. A line of more than `most` bytes is an error.
  LineReader(int fd, std::size_t most) : fd_(fd), most_(most) {}

  // Would next answer without waiting?
  bool is_ready();
  // The next line without its end; the last one may have none. Nothing at the end. Blocks.
  Result<std::optional<std::string>> next();

 private:
  Result<void> read_more();
  // Where the line that is next ends; npos: behind all that was read.
  std::size_t end_of_line();
  bool holds_line() { return end_of_line() != std::string::npos; }
  // Of one whose end is not there yet.
  bool is_too_long() const { return text_.size() - begin_ > most_; }
  Error too_long() const;

  int fd_;
  std::size_t most_;
  std::string text_;
  std::size_t begin_ = 0;     // of what next has not handed out
  std::size_t searched_ = 0;  // there is no end of a line before it
  std::uint64_t lines_ = 0;   // that next has handed out
  bool is_at_end_ = false;
};

}  // namespace actiond
