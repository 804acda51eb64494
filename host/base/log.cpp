#include "base/log.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log_lines.hpp"
#include "base/log_sink.hpp"

namespace actiond {

class Log::State {
 public:
  explicit State(const LogConfig& config)
      : lines(config.format == LogFormat::Json ? make_json_lines() : make_text_lines()),
        has_params(config.has_params),
        sink(config.file,
             [this](auto& out, auto lost, const auto& why) { report(out, lost, why); }),
        level_(config.level) {}

  bool is_enabled(LogLevel level) const { return level >= level_; }

  // append puts the finished line into the buffer it is given.
  template <typename Append>
  void write(LogLevel level, Append append) {
    if (!is_enabled(level)) return;
    line_.clear();
    append(line_);
    sink.add({line_.data(), line_.size()});
    if (level == LogLevel::Error) sink.flush();
  }

  const std::unique_ptr<LogLines> lines;
  const bool has_params;
  LogSink sink;

 private:
  void report(fmt::memory_buffer& out, std::uint64_t lost, const std::string& why) {
    lines->message(out, LogLevel::Warning,
                   fmt::format("{} log line{} lost: {}", lost, lost == 1 ? " was" : "s were", why));
  }

  LogLevel level_;
  fmt::memory_buffer line_;
};

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}
Log::Log(Log&&) noexcept = default;
Log& Log::operator=(Log&&) noexcept = default;
Log::~Log() = default;

Result<Log> Log::open(const LogConfig& config) {
  auto state = std::make_unique<State>(config);
  const auto opened = state->sink.open();
  if (!opened) return opened.error();
  return Log(std::move(state));
}

bool Log::is_enabled(LogLevel level) const {
  return state_->is_enabled(level);
}

void Log::write(LogLevel level, std::string_view message) {
  state_->write(level, [&](auto& out) { state_->lines->message(out, level, message); });
}

void Log::vprint(LogLevel level, fmt::string_view format, fmt::format_args args) {
  fmt::memory_buffer text;
  fmt::vformat_to(std::back_inserter(text), format, args);
  write(level, {text.data(), text.size()});
}

void Log::processing(const EventLine& line) {
  state_->write(LogLevel::Info, [&](auto& out) {
    EventLine shown = line;
    if (!state_->has_params) shown.params = {};
    state_->lines->processing(out, shown);
  });
}

void Log::finished(const EventLine& line, std::chrono::nanoseconds duration) {
  state_->write(LogLevel::Info, [&](auto& out) { state_->lines->finished(out, line, duration); });
}

void Log::failed(const EventLine& line, std::string_view reason) {
  state_->write(LogLevel::Error, [&](auto& out) { state_->lines->failed(out, line, reason); });
}

void Log::plugin(LogLevel level, std::string_view event, std::string_view id, std::string_view text,
                 TraceIds trace) {
  state_->write(level,
                [&](auto& out) { state_->lines->plugin(out, level, event, id, text, trace); });
}

void Log::flush() {
  state_->sink.flush();
}

int Log::awaited() const {
  return state_->sink.awaited();
}

Result<void> Log::reopen() {
  return state_->sink.open();
}

Result<void> Log::reopen_if_moved() {
  if (!state_->sink.has_moved()) return {};
  return state_->sink.open();
}

}  // namespace actiond
