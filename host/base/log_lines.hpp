// How a line of the log looks, in each of its formats. Nothing is written here.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string_view>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace actiond {

// Each call appends one finished line, with the time of the call. Once its buffers have grown no
// call allocates.
class LogLines {
 public:
  virtual ~LogLines() = default;

  virtual void message(fmt::memory_buffer& out, LogLevel level, std::string_view text) = 0;
  virtual void processing(fmt::memory_buffer& out, const EventLine& line) = 0;
  virtual void finished(fmt::memory_buffer& out, const EventLine& line,
                        std::chrono::nanoseconds duration) = 0;
  virtual void failed(fmt::memory_buffer& out, const EventLine& line, std::string_view reason) = 0;
  virtual void plugin(fmt::memory_buffer& out, LogLevel level, std::string_view event,
                      std::string_view id, std::string_view text, TraceIds trace) = 0;
};

std::unique_ptr<LogLines> make_text_lines();
std::unique_ptr<LogLines> make_json_lines();

// What both formats cut from events: they may be of any size.
constexpr std::size_t kMaxParamsBytes = 1000;
constexpr std::size_t kMaxTextBytes = 16 * 1024;

// "1.234", of microseconds, rounded down.
void append_milliseconds(fmt::memory_buffer& out, std::chrono::nanoseconds duration);

}  // namespace actiond
