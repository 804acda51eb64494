// Text lines, for people: "[2026-11-23 18:15:40.123] Processing medium:hello_world (...) id=...".
#include "base/log_lines.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

void append_cut(fmt::memory_buffer& out, std::string_view text, std::size_t max_bytes) {
  const std::string_view beginning = utf8_prefix(text, max_bytes);
  append_printable(out, beginning);
  if (beginning.size() < text.size()) append(out, "…");
}

std::string_view level_prefix(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "DEBUG ";
    case LogLevel::Info:
      return "";
    case LogLevel::Warning:
      return "WARNING ";
    case LogLevel::Error:
      return "ERROR ";
  }
  return "";
}

class TextLines final : public LogLines {
 public:
  void message(fmt::memory_buffer& out, LogLevel level, std::string_view text) override {
    begin(out, level_prefix(level));
    append_cut(out, text, kMaxTextBytes);
    out.push_back('\n');
  }

  void processing(fmt::memory_buffer& out, const EventLine& line) override {
    begin(out, "Processing ");
    append_event(out, line);
    if (!line.params.empty()) append_params(out, line.params);
    append_id(out, line.id);
    if (line.attempt > 1) fmt::format_to(std::back_inserter(out), " attempt={}", line.attempt);
    out.push_back('\n');
  }

  void finished(fmt::memory_buffer& out, const EventLine& line,
                std::chrono::nanoseconds duration) override {
    begin(out, "Finished processing ");
    append_event(out, line);
    append_id(out, line.id);
    append(out, " in ");
    append_milliseconds(out, duration);
    append(out, "ms\n");
  }

  void failed(fmt::memory_buffer& out, const EventLine& line, std::string_view reason) override {
    begin(out, "Error processing ");
    append_event(out, line);
    append_id(out, line.id);
    append(out, ": ");
    append_cut(out, reason, kMaxTextBytes);
    out.push_back('\n');
  }

  void plugin(fmt::memory_buffer& out, LogLevel level, std::string_view event, std::string_view id,
              std::string_view text, TraceIds /*trace*/) override {
    begin(out, level_prefix(level));
    append_printable(out, event);
    append(out, ": ");
    append_cut(out, text, kMaxTextBytes);
    append_id(out, id);
    out.push_back('\n');
  }

 private:
  void begin(fmt::memory_buffer& out, std::string_view words) {
    out.push_back('[');
    append(out, time_.at(wall_now_ms()));
    append(out, "] ");
    append(out, words);
  }

  static void append_event(fmt::memory_buffer& out, const EventLine& line) {
    append_printable(out, line.queue);
    out.push_back(':');
    append_printable(out, line.event);
  }

  static void append_params(fmt::memory_buffer& out, std::string_view params) {
    append(out, " (");
    append_cut(out, params, kMaxParamsBytes);
    out.push_back(')');
  }

  static void append_id(fmt::memory_buffer& out, std::string_view id) {
    append(out, " id=");
    append_printable(out, id);
  }

  TimeText time_{TimeStyle::Local};
};

}  // namespace

std::unique_ptr<LogLines> make_text_lines() {
  return std::make_unique<TextLines>();
}

void append_milliseconds(fmt::memory_buffer& out, std::chrono::nanoseconds duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  fmt::format_to(std::back_inserter(out), "{}.{:03}", us / 1000, us % 1000);
}

}  // namespace actiond
