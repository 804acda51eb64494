// The poller's log: one object, passed by reference, used by one thread. Lines are collected and
// written by flush(), which the loop calls before it sleeps; an error is written at once. What
// events bring along (names, params, errors) can't forge a line: control characters are escaped.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <iterator>
#include <memory>
#include <string_view>

#include "base/log_config.hpp"
#include "base/result.hpp"

namespace actiond {

// The trace that a run belongs to, and the run in it; JSON lines have them. Empty: none.
struct TraceIds {
  std::string_view trace;
  std::string_view span;
};

// What a line says of an event. Borrowed for the call.
struct EventLine {
  std::string_view queue;
  std::string_view event;
  std::string_view id;
  int attempt = 1;
  std::string_view params{};  // JSON text, cut at 1000 bytes; empty: not shown
  TraceIds trace{};
};

class Log {
 public:
  // Opens the log's file, or standard error; a file is created with mode 0640 and appended to.
  static Result<Log> open(const LogConfig& config);

  Log(Log&&) noexcept;
  Log& operator=(Log&&) noexcept;
  ~Log();  // flushes; waits a second at most for a slow reader

  // Whether lines of this level are written.
  bool is_enabled(LogLevel level) const;

  void write(LogLevel level, std::string_view message);

  void debug(std::string_view message) { write(LogLevel::Debug, message); }
  void info(std::string_view message) { write(LogLevel::Info, message); }
  void warning(std::string_view message) { write(LogLevel::Warning, message); }
  void error(std::string_view message) { write(LogLevel::Error, message); }

  template <typename First, typename... Rest>
  void debug(fmt::format_string<First, Rest...> format, First&& first, Rest&&... rest) {
    print<First, Rest...>(LogLevel::Debug, format, first, rest...);
  }
  template <typename First, typename... Rest>
  void info(fmt::format_string<First, Rest...> format, First&& first, Rest&&... rest) {
    print<First, Rest...>(LogLevel::Info, format, first, rest...);
  }
  template <typename First, typename... Rest>
  void warning(fmt::format_string<First, Rest...> format, First&& first, Rest&&... rest) {
    print<First, Rest...>(LogLevel::Warning, format, first, rest...);
  }
  template <typename First, typename... Rest>
  void error(fmt::format_string<First, Rest...> format, First&& first, Rest&&... rest) {
    print<First, Rest...>(LogLevel::Error, format, first, rest...);
  }

  // "Processing medium:hello_world ({"name":"x"}) id=..."
  void processing(const EventLine& line);
  // "Finished processing medium:hello_world id=... in 1.234ms"
  void finished(const EventLine& line, std::chrono::nanoseconds duration);
  // "Error processing medium:hello_world id=...: reason"; of level Error, but without its prefix
  void failed(const EventLine& line, std::string_view reason);
  // A handler's own line: "hello_world: text id=..."
  void plugin(LogLevel level, std::string_view event, std::string_view id, std::string_view text,
              TraceIds trace = {});

  // Writes what was collected, as far as there is room: it waits for nobody but a disk. What can't
  // be written (a full disk, a pipe that nobody reads) is dropped and counted; once writing works
  // again, a line tells how many were lost, in their place.
  void flush();

  // After a flush: the descriptor on which lines wait for room, to be watched; -1: none wait.
  int awaited() const;

  // Opens the file anew, after logrotate moved it; on failure goes on with the old one.
  Result<void> reopen();
  // The same, if the file was renamed or removed.
  Result<void> reopen_if_moved();

 private:
  class State;
  explicit Log(std::unique_ptr<State> state);

  template <typename... Args>
  void print(LogLevel level, fmt::format_string<Args...> format, Args&... args) {
    if (!is_enabled(level)) return;
    vprint(level, format, fmt::make_format_args(args...));
  }
  void vprint(LogLevel level, fmt::string_view format, fmt::format_args args);

  std::unique_ptr<State> state_;
};

}  // namespace actiond
