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
  std::string_view json;
};

struct RunFrame {
  std::uint64_t number = 0;  // of the run in its runner: 1, 2, …
  std::int32_t attempt = 1;
  std::int64_t enqueued_at_ms = 0;
  std::int64_t timeout_ms = 0;
  std::string_view event, id, queue, params;
};

struct LoadingFrame {
  std::string_view file;
};

// JSON: what was loaded, see setup.hpp.
struct ReadyFrame {
  std::string_view json;
};

struct LogFrame {
  std::uint64_t number = 0;  // of the run; 0: outside of one
  std::int32_t level = 0;    // an action_level
  std::string_view text;
};

// An event that a handler queues.
struct QueueFrame {
  std::uint64_t number = 0;
  std::int64_t delay_ms = 0;  // it is to run that much later; 0 or less: now
  std::string_view event, id, queue, params;
};

struct OutcomeFrame {
  std::uint64_t number = 0;
  Ending ending = Ending::Done;
  std::int64_t snooze_ms = 0;
  std::int64_t duration_ns = 0;
  std::string_view reason;
};

void encode(std::string& out, const SetupFrame& frame);
void encode(std::string& out, const RunFrame& frame);
void encode_stop(std::string& out);
void encode(std::string& out, const LoadingFrame& frame);
void encode(std::string& out, const ReadyFrame& frame);
void encode(std::string& out, const LogFrame& frame);
void encode(std::string& out, const QueueFrame& frame);
void encode(std::string& out, const OutcomeFrame& frame);

// Nothing if the payload is not such a frame.
template <typename T>
std::optional<T> decode(std::string_view payload);
template <>
std::optional<SetupFrame> decode(std::string_view payload);
template <>
std::optional<RunFrame> decode(std::string_view payload);
template <>
std::optional<LoadingFrame> decode(std::string_view payload);
template <>
std::optional<ReadyFrame> decode(std::string_view payload);
template <>
std::optional<LogFrame> decode(std::string_view payload);
template <>
std::optional<QueueFrame> decode(std::string_view payload);
template <>
std::optional<OutcomeFrame> decode(std::string_view payload);

}  // namespace actiond
