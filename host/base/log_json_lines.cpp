// JSON lines, for machines: an object a line, whose events have fields of their own.
#include "base/log_lines.hpp"
#include "base/text.hpp"

namespace actiond {
namespace {

void append_json_cut(fmt::memory_buffer& out, std::string_view text, std::size_t max_bytes) {
  const std::string_view beginning = utf8_prefix(text, max_bytes);
  append_json_escaped(out, beginning);
  if (beginning.size() < text.size()) append(out, "…");
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  return "";
}

void append_field(fmt::memory_buffer& out, std::string_view name, std::string_view text,
                  std::size_t max_bytes = kMaxTextBytes) {
  append(out, ",\"");
  append(out, name);
  append(out, "\":\"");
  append_json_cut(out, text, max_bytes);
  out.push_back('"');
}

class JsonLines final : public LogLines {
 public:
  void message(fmt::memory_buffer& out, LogLevel level, std::string_view text) override {
    begin(out, level);
    append_field(out, "message", text);
    append(out, "}\n");
  }

  void processing(fmt::memory_buffer& out, const EventLine& line) override {
    begin(out, LogLevel::Info);
    append_event(out, "Processing ", "processing", line);
    if (!line.params.empty()) append_field(out, "params", line.params, kMaxParamsBytes);
    append(out, "}\n");
  }

  void finished(fmt::memory_buffer& out, const EventLine& line,
                std::chrono::nanoseconds duration) override {
    begin(out, LogLevel::Info);
    append_event(out, "Finished processing ", "finished", line);
    append(out, ",\"duration_ms\":");
    append_milliseconds(out, duration);
    append(out, "}\n");
  }

  void failed(fmt::memory_buffer& out, const EventLine& line, std::string_view reason) override {
    begin(out, LogLevel::Error);
    append_event(out, "Error processing ", "failed", line);
    append_field(out, "error", reason);
    append(out, "}\n");
  }

  void plugin(fmt::memory_buffer& out, LogLevel level, std::string_view event, std::string_view id,
              std::string_view text, TraceIds trace) override {
    begin(out, level);
    append_field(out, "message", text);
    append_field(out, "event", event);
    append_field(out, "id", id);
    append_trace(out, trace);
    append(out, "}\n");
  }

 private:
  void begin(fmt::memory_buffer& out, LogLevel level) {
    append(out, "{\"time\":\"");
    append(out, time_.at(wall_now_ms()));
    append(out, "\",\"level\":\"");
    append(out, level_name(level));
    out.push_back('"');
  }

  static void append_event(fmt::memory_buffer& out, std::string_view words, std::string_view action,
                           const EventLine& line) {
    append(out, ",\"message\":\"");
    append(out, words);
    append_json_escaped(out, line.queue);
    out.push_back(':');
    append_json_escaped(out, line.event);
    out.push_back('"');
    append_field(out, "action", action);
    append_field(out, "queue", line.queue);
    append_field(out, "event", line.event);
    append_field(out, "id", line.id);
    fmt::format_to(std::back_inserter(out), ",\"attempt\":{}", line.attempt);
    append_trace(out, line.trace);
  }

  static void append_trace(fmt::memory_buffer& out, TraceIds ids) {
    if (ids.trace.empty()) return;
    append_field(out, "trace_id", ids.trace);
    append_field(out, "span_id", ids.span);
  }

  TimeText time_{TimeStyle::Rfc3339};
};

}  // namespace

std::unique_ptr<LogLines> make_json_lines() {
  return std::make_unique<JsonLines>();
}

}  // namespace actiond
