// Where log lines end: collected here, then written as whole lines. It never throws, and doesn't
// wait for long: a log that can't be written must not stop a poller.
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace actiond {

// Takes messages that are finished lines.
class LogSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  // file: what open() opens; empty: standard error.
  explicit LogSink(std::filesystem::path file) : file_(std::move(file)) {}
  ~LogSink() override;

  // Opens the file, also anew; on failure the old one stays.
  // What else this process has open of the old file, standard output and error, follows.
  Result<void> open();

  // The file of that name is another one now, or gone.
  bool has_moved() const;

  // How many lines were lost until writing worked again; told once. 0 while it doesn't.
  std::uint64_t take_lost();

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override;

  // Returns what could not be written.
  std::string_view write(std::string_view lines);
  void lose(std::string_view lines);
  int fd() const;

  std::filesystem::path file_;
  UniqueFd opened_;
  spdlog::memory_buf_t lines_;
  std::uint64_t lost_ = 0;
  bool is_failing_ = false;
};

}  // namespace actiond
