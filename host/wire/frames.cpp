#include "wire/frames.hpp"

namespace actiond {
namespace {

std::uint8_t raw(FrameKind kind) {
  return static_cast<std::uint8_t>(kind);
}

template <typename T>
std::optional<T> if_complete(const FieldReader& reader, const T& frame) {
  if (!reader.is_complete()) return std::nullopt;
  return frame;
}

}  // namespace

const char* name(Ending ending) {
  switch (ending) {
    case Ending::Done:
      return "done";
    case Ending::Halted:
      return "halted";
    case Ending::Failed:
      return "failed";
    case Ending::Discarded:
      return "discarded";
    case Ending::Snoozed:
      return "snoozed";
    case Ending::Unknown:
      return "unknown";
    case Ending::NotStarted:
      return "not started";
    case Ending::Crashed:
      return "crashed";
    case Ending::TimedOut:
      return "timed out";
    case Ending::Malformed:
      return "malformed";
    case Ending::Stopped:
      return "stopped";
    case Ending::Lost:
      return "lost";
  }
  return "?";
}

void encode(std::string& out, const SetupFrame& frame) {
  FrameWriter(out, raw(FrameKind::Setup)).text(frame.json);
}

void encode(std::string& out, const RunFrame& frame) {
  FrameWriter writer(out, raw(FrameKind::Run));
  writer.number(frame.number);
  writer.number(frame.attempt);
  writer.number(frame.enqueued_at_ms);
  writer.number(frame.timeout_ms);
  for (auto text : {frame.event, frame.id, frame.queue, frame.params}) writer.text(text);
}

void encode_stop(std::string& out) {
  FrameWriter(out, raw(FrameKind::Stop));
}

void encode(std::string& out, const LoadingFrame& frame) {
  FrameWriter(out, raw(FrameKind::Loading)).text(frame.file);
}

void encode(std::string& out, const ReadyFrame& frame) {
  FrameWriter(out, raw(FrameKind::Ready)).text(frame.json);
}

void encode(std::string& out, const LogFrame& frame) {
  FrameWriter writer(out, raw(FrameKind::Log));
  writer.number(frame.number);
  writer.number(frame.level);
  writer.text(frame.text);
}

void encode(std::string& out, const QueueFrame& frame) {
  FrameWriter writer(out, raw(FrameKind::Queue));
  writer.number(frame.number);
  writer.number(frame.delay_ms);
  for (auto text : {frame.event, frame.id, frame.queue, frame.params}) writer.text(text);
}

void encode(std::string& out, const OutcomeFrame& frame) {
  FrameWriter writer(out, raw(FrameKind::Outcome));
  writer.number(frame.number);
  writer.number(static_cast<std::uint8_t>(frame.ending));
  writer.number(frame.snooze_ms);
  writer.number(frame.duration_ns);
  writer.text(frame.reason);
}

template <>
std::optional<SetupFrame> decode(std::string_view payload) {
  FieldReader reader(payload);
  const SetupFrame frame{reader.text()};
  return if_complete(reader, frame);
}

template <>
std::optional<RunFrame> decode(std::string_view payload) {
  FieldReader reader(payload);
  RunFrame frame;
  frame.number = reader.number<std::uint64_t>();
  frame.attempt = reader.number<std::int32_t>();
  frame.enqueued_at_ms = reader.number<std::int64_t>();
  frame.timeout_ms = reader.number<std::int64_t>();
  for (auto* text : {&frame.event, &frame.id, &frame.queue, &frame.params}) *text = reader.text();
  return if_complete(reader, frame);
}

template <>
std::optional<LoadingFrame> decode(std::string_view payload) {
  FieldReader reader(payload);
  const LoadingFrame frame{reader.text()};
  return if_complete(reader, frame);
}

template <>
std::optional<ReadyFrame> decode(std::string_view payload) {
  FieldReader reader(payload);
  const ReadyFrame frame{reader.text()};
  return if_complete(reader, frame);
}

template <>
std::optional<LogFrame> decode(std::string_view payload) {
  FieldReader reader(payload);
  LogFrame frame;
  frame.number = reader.number<std::uint64_t>();
  frame.level = reader.number<std::int32_t>();
  frame.text = reader.text();
  return if_complete(reader, frame);
}

template <>
std::optional<QueueFrame> decode(std::string_view payload) {
  FieldReader reader(payload);
  QueueFrame frame;
  frame.number = reader.number<std::uint64_t>();
  frame.delay_ms = reader.number<std::int64_t>();
  for (auto* text : {&frame.event, &frame.id, &frame.queue, &frame.params}) *text = reader.text();
  return if_complete(reader, frame);
}

template <>
std::optional<OutcomeFrame> decode(std::string_view payload) {
  FieldReader reader(payload);
  OutcomeFrame frame;
  frame.number = reader.number<std::uint64_t>();
  const auto ending = reader.number<std::uint8_t>();
  // What a runner may say ends with NotStarted; a broken one's word is not taken.
  if (ending > static_cast<std::uint8_t>(Ending::NotStarted)) return std::nullopt;
  frame.ending = static_cast<Ending>(ending);
  frame.snooze_ms = reader.number<std::int64_t>();
  frame.duration_ns = reader.number<std::int64_t>();
  frame.reason = reader.text();
  return if_complete(reader, frame);
}

}  // namespace actiond
