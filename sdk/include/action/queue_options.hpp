// How an event is queued: shared by handlers (event.hpp) and applications (client.hpp).
#ifndef ACTION_QUEUE_OPTIONS_HPP
#define ACTION_QUEUE_OPTIONS_HPP

#include <chrono>
#include <cstdlib>
#include <string>

namespace action {

// A W3C trace context: the headers traceparent and tracestate, as they travel.
struct Trace {
  std::string parent{};  // "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"; empty: none
  std::string state{};   // may be empty
};

struct QueueOptions {
  // Its short name ("high"). Empty: the queue that the event declares, else the default one.
  std::string queue{};
  // That much later, up to years, never sooner; in steps of 125 ms. 0 or less: now.
  std::chrono::milliseconds in{0};
  // Or at that time, in place of `in`; in the past: now. {}: not set.
  std::chrono::system_clock::time_point at{};
  // The trace that it belongs to. Empty: what $TRACEPARENT and $TRACESTATE say. A handler leaves it
  // empty: what it queues belongs to its own trace.
  Trace trace{};
  // It is done without a run if it has not begun so long after it was to run. 0: it never expires.
  std::chrono::milliseconds expires{0};
  // While another event of the application with this key waits or runs, this one is not queued.
  // Empty: it has none.
  std::string unique{};
  // The key is held for so long at most, from when the event is to run. 0: as long as it waits or
  // runs.
  std::chrono::milliseconds unique_for{0};
};

// Inlined into each plugin and program: nothing to be unified with another's.
#pragma GCC visibility push(hidden)
namespace detail {

// The sentence that is wrong with the options; null: nothing.
inline const char* problem_with(const QueueOptions& options) {
  const bool has_at = options.at != std::chrono::system_clock::time_point{};
  const bool has_both = has_at && options.in != std::chrono::milliseconds(0);
  if (has_both) return "both .in and .at say when it is to run: set one of them";
  const bool is_over = options.expires < std::chrono::milliseconds(0);
  if (is_over) return ".expires is below zero: say after how long the event expires";
  if (options.unique.size() > 255) return ".unique is longer than 255 bytes";
  if (options.unique_for < std::chrono::milliseconds(0))
    return ".unique_for is below zero: say for how long the key is held";
  const bool lacks_key = options.unique.empty() && options.unique_for.count() > 0;
  return lacks_key ? ".unique_for is of no use without .unique" : nullptr;
}

// How long the event is to wait, rounded up; 0: not at all.
inline std::chrono::milliseconds delay_of(const QueueOptions& options,
                                          std::chrono::system_clock::time_point now) {
  const std::chrono::milliseconds none(0);
  if (options.in != none) return options.in > none ? options.in : none;
  return options.at > now ? std::chrono::ceil<std::chrono::milliseconds>(options.at - now) : none;
}

// Of a W3C traceparent; else it is none, and ignored by who reads it.
inline bool may_be_trace(const std::string& parent) {
  return parent.size() == 55 && parent.find_first_not_of("0123456789abcdef-") == std::string::npos;
}

inline bool is_plain(const std::string& state) {
  for (const char c : state)
    if (c < ' ' || c > '~') return false;
  return state.size() <= 512;
}

// The trace that an event of this program belongs to.
inline Trace trace_of(const QueueOptions& options) {
  const char* const parent =
      std::getenv("TRACEPARENT");                       // NOLINT(concurrency-mt-unsafe): read only
  const char* const state = std::getenv("TRACESTATE");  // NOLINT(concurrency-mt-unsafe): read only
  Trace trace = options.trace;
  if (trace.parent.empty())
    trace = {parent == nullptr ? "" : parent, state == nullptr ? "" : state};
  if (!may_be_trace(trace.parent)) return {};
  if (!is_plain(trace.state)) trace.state.clear();
  return trace;
}

}  // namespace detail
#pragma GCC visibility pop

}  // namespace action

#endif
