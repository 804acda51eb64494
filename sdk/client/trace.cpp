#include "client/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>

namespace action {
namespace {

constexpr std::size_t kParentSize = 55;      // of version 00; later ones begin alike
constexpr std::size_t kLongestState = 2048;  // more than the 512 that all must carry on
constexpr std::string_view kNoTrace = "00000000000000000000000000000000";
constexpr std::string_view kNoSpan = "0000000000000000";

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::uint64_t random_number() {
  thread_local std::mt19937_64 generate = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generate();
}

// 16 digits, not all of them zero.
void append_id(std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  const std::uint64_t number = random_number() | 1;
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[number >> shift & 0xf];
}

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value != nullptr ? value : std::string_view();
}

void set_trace(Message& message, std::string_view parent, std::string_view state) {
  message.trace_parent = parent;
  if (is_trace_state(state)) message.trace_state = state;
}

}  // namespace

Result<void> join_trace(Message& message, std::string_view parent, std::string_view state) {
  if (parent.empty()) {
    const std::string_view inherited = variable("TRACEPARENT");
    if (is_trace_parent(inherited)) set_trace(message, inherited, variable("TRACESTATE"));
    return {};
  }
  if (!is_trace_parent(parent) || (!state.empty() && !is_trace_state(state)))
    return Error{
        fmt::format("the trace of '{}' is none: .trace.parent must be a W3C traceparent, as in "
                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, and .trace.state a "
                    "tracestate or empty",
                    message.event)};
  set_trace(message, parent, state);
  return {};
}

bool is_trace_parent(std::string_view text) {
  if (text.size() < kParentSize || !is_hex(text.substr(0, 2)) || text.starts_with("ff"))
    return false;
  const bool is_first_version = text.starts_with("00");
  if (text.size() > kParentSize && (is_first_version || text[kParentSize] != '-')) return false;
  return text[2] == '-' && text[35] == '-' && text[52] == '-' && is_hex(trace_id(text)) &&
         is_hex(span_id(text)) && is_hex(text.substr(53, 2)) && trace_id(text) != kNoTrace &&
         span_id(text) != kNoSpan;
}

bool is_trace_state(std::string_view text) {
  return !text.empty() && text.size() <= kLongestState &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

void new_span(std::string_view parent, std::string& out) {
  const std::string_view flags = parent.empty() ? "01" : parent.substr(53, 2);
  out.assign("00-");
  if (parent.empty()) {
    append_id(out);
    append_id(out);
  } else {
    out += trace_id(parent);
  }
  out += '-';
  append_id(out);
  out += '-';
  out += flags;
}

}  // namespace action
