#include "wire/frames.hpp"

#include <concepts>

namespace actiond {
namespace {

// A FrameType to be read into, or a const one to be written.
template <typename Given, typename FrameType>
concept Of = std::same_as<std::remove_const_t<Given>, FrameType>;

// What each frame carries, in the order of its bytes: one list, by which it is written and read.
void fields(auto& io, Of<SetupFrame> auto& frame) {
  io(frame.json);
}
void fields(auto& io, Of<RunFrame> auto& frame) {
  io(frame.number, frame.attempt, frame.enqueued_at_ms, frame.event, frame.id, frame.queue,
     frame.params, frame.attempts, frame.is_dead, frame.reason, frame.trace_parent,
     frame.trace_state);
}
void fields(auto&, Of<StopFrame> auto&) {}
void fields(auto& io, Of<LoadingFrame> auto& frame) {
  io(frame.file);
}
void fields(auto& io, Of<ReadyFrame> auto& frame) {
  io(frame.json);
}
void fields(auto& io, Of<LogFrame> auto& frame) {
  io(frame.number, frame.level, frame.text);
}
void fields(auto& io, Of<QueueFrame> auto& frame) {
  io(frame.number, frame.delay_ms, frame.event, frame.id, frame.queue, frame.params,
     frame.expires_ms, frame.unique, frame.unique_ms);
}
void fields(auto& io, Of<OutcomeFrame> auto& frame) {
  io(frame.number, frame.ending, frame.snooze_ms, frame.duration_ns, frame.reason, frame.retry_ms);
}

bool is_believed(const auto&) {
  return true;
}
// What a runner may say ends with NotStarted; a broken one's word is not taken.
bool is_believed(const OutcomeFrame& frame) {
  return frame.ending <= Ending::NotStarted;
}

}  // namespace

template <typename FrameType>
void encode(std::string& out, const FrameType& frame) {
  FrameWriter writer(out, static_cast<std::uint8_t>(FrameType::kKind));
  fields(writer, frame);
}

template <typename FrameType>
std::optional<FrameType> decode(std::string_view payload) {
  FieldReader reader(payload);
  FrameType frame;
  fields(reader, frame);
  if (!reader.is_complete() || !is_believed(frame)) return std::nullopt;
  return frame;
}

#define ACTIOND_INSTANTIATE(FrameType)                  \
  template void encode(std::string&, const FrameType&); \
  template std::optional<FrameType> decode(std::string_view);
ACTIOND_INSTANTIATE(SetupFrame)
ACTIOND_INSTANTIATE(RunFrame)
ACTIOND_INSTANTIATE(StopFrame)
ACTIOND_INSTANTIATE(LoadingFrame)
ACTIOND_INSTANTIATE(ReadyFrame)
ACTIOND_INSTANTIATE(LogFrame)
ACTIOND_INSTANTIATE(QueueFrame)
ACTIOND_INSTANTIATE(OutcomeFrame)
#undef ACTIOND_INSTANTIATE

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
    case Ending::Interrupted:
      return "interrupted";
    case Ending::Expired:
      return "expired";
    case Ending::Duplicate:
      return "duplicate";
  }
  return "?";
}

}  // namespace actiond
