// Where log lines end: collected here, then written as whole lines. It never throws and waits for
// nobody: a terminal that stands still, a pipe that nobody reads, a full disk cost lines, and the
// lines are counted. Only a file on a disk is written to without asking for room.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

// Opens a log for appending, made with mode 0640 if it is missing. Never waits, and neither does a
// write to it (O_NONBLOCK): a FIFO that nobody reads is refused with a sentence.
Result<UniqueFd> open_log_file(const std::filesystem::path& file);

class LogSink {
 public:
  // Appends the line that tells how many were lost, and why; or nothing, and tells it elsewhere.
  using Report =
      std::function<void(fmt::memory_buffer& out, std::uint64_t lost, const std::string& why)>;

  // file: what open() opens; empty: standard error.
  LogSink(std::filesystem::path file, Report report);
  // Writes what is left, for which it waits a second at most.
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  // Opens the file, also anew; on failure the old one stays.
  // What else this process has open of the old file, standard output and error, follows.
  Result<void> open();

  // The file of that name is another one now, or gone.
  bool has_moved() const;

  // Collects a line with its end. Lost if there is no room for it: from then on all are, until
  // what was collected before has been written.
  void add(std::string_view line);

  // Writes what there is room for, and once all is written, how many lines were lost.
  void flush();

  // What lines wait for: it becomes writable when there is room for them. -1: none wait.
  int awaited() const { return waiting() > 0 && kind_ != Kind::File ? fd() : -1; }

 private:
  enum class Kind { File, Stream, Socket };

  // What was collected and is not written yet, in bytes.
  std::size_t waiting() const { return lines_.size() - written_; }
  int fd() const { return opened_ ? opened_.get() : kStandardError; }
  void learn_kind();
  void drain(int patience_ms);
  bool has_room(int patience_ms) const;
  std::string_view next_part() const;
  void wrote(std::size_t size);
  void fail(int error);
  void lose(std::string_view lines);
  void report_lost();

  static constexpr int kStandardError = 2;

  std::filesystem::path file_;
  Report report_;
  UniqueFd opened_;  // else standard error
  Kind kind_ = Kind::File;
  fmt::memory_buffer lines_;
  std::size_t written_ = 0;  // of lines_
  bool is_within_line_ = false;
  std::uint64_t lost_ = 0;
  std::uint64_t reported_ = 0;  // by a line that is collected and not written yet
  std::string why_lost_;
};

}  // namespace actiond
