// The trace that an event belongs to: W3C Trace Context, https://www.w3.org/TR/trace-context/.
#pragma once

#include <string>
#include <string_view>

#include "client/message.hpp"
#include "client/result.hpp"

namespace action {

// Is it a `traceparent` as section 3.2 of that document has it? What is none is to be ignored.
bool is_trace_parent(std::string_view text);
// May it stand beside one as `tracestate` (section 3.3)? Its inside is its vendors' own.
bool is_trace_state(std::string_view text);

// The parts of a valid traceparent: "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331".
inline std::string_view trace_id(std::string_view parent) {
  return parent.substr(3, 32);
}
inline std::string_view span_id(std::string_view parent) {
  return parent.substr(36, 16);
}

// Makes a new message part of that trace; without one (`parent` is empty) of what $TRACEPARENT and
// $TRACESTATE say, if they are valid. Fails if `parent` is no traceparent, or `state`
// no tracestate.
Result<void> join_trace(Message& message, std::string_view parent, std::string_view state);

// Writes into `out` the context of a new span: of the trace of `parent`, with its flags; or, if
// that is empty, of a new trace, which is sampled. Any thread.
void new_span(std::string_view parent, std::string& out);

}  // namespace action
