// Every frame between a poller and its runner. Poller to runner: Setup once, then Run, Run, …,
// then Stop. Runner to poller: Loading for each plugin file, Ready once, then for each run its
// Log and Queue frames and one Outcome.
//
// Text in a decoded frame is borrowed from the payload.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/frame.hpp"
#include "wire/outcome.hpp"

namespace actiond {

enum class FrameKind : std::uint8_t { Setup = 1, Run, Stop, Loading, Ready, Log, Queue, Outcome };

// JSON: what the runner needs to know, see setup.hpp.
struct SetupFrame {
  static constexpr FrameKind kKind = FrameKind::Setup;
  std::string_view json;
};

struct RunFrame {
  static constexpr FrameKind kKind = FrameKind::Run;
  std::uint64_t number = 0;  // of the run in its runner: 1, 2, …
  std::int32_t attempt = 1;
  std::int64_t enqueued_at_ms = 0;
  std::string_view event, id, queue, params;
  std::int32_t attempts = 0;     // that it has in all
  std::uint8_t is_dead = 0;      // 1: it won't be tried again: its on_dead runs, not its handler
  std::string_view reason = {};  // is_dead: why it failed
  std::string_view trace_parent = {}, trace_state = {};  // the run's own; empty: it has no trace
};

struct StopFrame {
  static constexpr FrameKind kKind = FrameKind::Stop;
};

struct LoadingFrame {
  static constexpr FrameKind kKind = FrameKind::Loading;
  std::string_view file;
};

// JSON: what was loaded, see setup.hpp.
struct ReadyFrame {
  static constexpr FrameKind kKind = FrameKind::Ready;
  std::string_view json;
};

struct LogFrame {
  static constexpr FrameKind kKind = FrameKind::Log;
  std::uint64_t number = 0;  // of the run; 0: outside of one
  std::int32_t level = 0;    // an action_level
  std::string_view text;
};

// An event that a handler queues.
struct QueueFrame {
  static constexpr FrameKind kKind = FrameKind::Queue;
  std::uint64_t number = 0;
  std::int64_t delay_ms = 0;  // it is to run that much later; 0 or less: now
  std::string_view event, id, queue, params;
  std::int64_t expires_ms = 0;  // so long after it was to run; 0: never
  std::string_view unique{};    // the key; empty: it has none
  std::int64_t unique_ms = 0;   // for how long at most; 0: as long as it waits or runs
};

struct OutcomeFrame {
  static constexpr FrameKind kKind = FrameKind::Outcome;
  std::uint64_t number = 0;
  Ending ending = Ending::Done;
  std::int64_t snooze_ms = 0;
  std::int64_t duration_ns = 0;
  std::string_view reason;
  std::int64_t retry_ms = 0;  // Failed: when the handler wants the next attempt; 0: as configured
};

// Both for each of the frames above. encode appends the whole frame, size and kind included;
// decode gives nothing if the payload is not such a frame.
template <typename FrameType>
void encode(std::string& out, const FrameType& frame);
template <typename FrameType>
std::optional<FrameType> decode(std::string_view payload);

}  // namespace actiond
