#include <algorithm>
#include <string_view>

#include "client/names.hpp"
#include "client/rabbitmq/properties.hpp"
#include "client/sound.hpp"
#include "client/trace.hpp"

namespace action {
namespace {

constexpr std::string_view kOwnHeader = "x-action-";

std::string_view as_text(const amqp_bytes_t& bytes) {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}

std::int64_t any_integer(const amqp_field_value_t& value, std::int64_t otherwise) {
  switch (value.kind) {
    case AMQP_FIELD_KIND_I8:
      return value.value.i8;
    case AMQP_FIELD_KIND_U8:
      return value.value.u8;
    case AMQP_FIELD_KIND_I16:
      return value.value.i16;
    case AMQP_FIELD_KIND_U16:
      return value.value.u16;
    case AMQP_FIELD_KIND_I32:
      return value.value.i32;
    case AMQP_FIELD_KIND_U32:
      return value.value.u32;
    case AMQP_FIELD_KIND_I64:
      return value.value.i64;
    case AMQP_FIELD_KIND_U64:
      return static_cast<std::int64_t>(value.value.u64);
    default:
      return otherwise;
  }
}

std::int64_t integer(const amqp_field_value_t& value, std::int64_t least, std::int64_t most) {
  const std::int64_t number = any_integer(value, least);
  return number < least || number > most ? least : number;
}

std::string_view text(const amqp_field_value_t& value) {
  const bool is_text = value.kind == AMQP_FIELD_KIND_UTF8 || value.kind == AMQP_FIELD_KIND_BYTES;
  return is_text ? as_text(value.value.bytes) : std::string_view();
}

void read_header(const amqp_table_entry_t& entry, Trail& trail) {
  const std::string_view name = as_text(entry.key).substr(kOwnHeader.size());
  if (name == "attempt")
    trail.attempt = static_cast<int>(integer(entry.value, 1, kMaxAttempt));
  else if (name == "queue")
    trail.queue = text(entry.value);
  else if (name == "error")
    trail.error = text(entry.value);
  else if (name == "poller")
    trail.poller = text(entry.value);
  else if (name == "plugin")
    trail.plugin = text(entry.value);
  else if (name == "backtrace")
    trail.backtrace = text(entry.value);
  else if (name == "left-out")
    trail.left_out = text(entry.value);
  else if (name == "unknown-since")
    trail.unknown_since_ms = integer(entry.value, 0, kMaxTime_s * 1000);
  else if (name == "first-failed-at")
    trail.first_failed_at_ms = integer(entry.value, 0, kMaxTime_s * 1000);
  else if (name == "failed-at")
    trail.failed_at_ms = integer(entry.value, 0, kMaxTime_s * 1000);
  else if (name == "due-at")
    trail.due_at_ms = integer(entry.value, 0, kMaxTime_s * 1000);
  else if (name == "delayed-until")
    trail.delayed_until_ms = integer(entry.value, 0, kMaxTime_s * 1000);
  else if (name == "queued-at")
    trail.queued_at_ms = integer(entry.value, 0, kMaxTime_s * 1000);
  else if (name == "expires-at")
    trail.expires_at_ms = integer(entry.value, 0, kMaxTime_s * 1000);
  else if (name == "interrupted")
    trail.interrupted = static_cast<int>(integer(entry.value, 0, kMaxAttempt));
  else if (name == "early")
    trail.is_early = integer(entry.value, 0, 1) == 1;
}

// The broker's note of who dropped it; the last drop comes first.
void read_death(const amqp_table_entry_t& death, Message& message) {
  if (death.value.kind != AMQP_FIELD_KIND_ARRAY || death.value.value.array.num_entries < 1) return;
  const amqp_field_value_t& last = death.value.value.array.entries[0];
  if (last.kind != AMQP_FIELD_KIND_TABLE) return;
  for (int i = 0; i < last.value.table.num_entries; ++i) {
    const auto& [key, value] = last.value.table.entries[i];
    if (as_text(key) == "queue") message.dropped_by = text(value);
    if (as_text(key) == "reason") message.dropped_why = text(value);
    if (as_text(key) == "time" && value.kind == AMQP_FIELD_KIND_TIMESTAMP)
      message.dropped_at_s = static_cast<std::int64_t>(
          std::min(value.value.u64, static_cast<std::uint64_t>(kMaxTime_s)));
  }
  if (message.dropped_by.find(".delay.") == std::string::npos) return;
  message.dropped_by.clear();
  message.dropped_why.clear();
}

}  // namespace

void read_properties(const amqp_basic_properties_t& properties, amqp_bytes_t raw,
                     Message& message) {
  const amqp_flags_t flags = properties._flags;
  message.event = flags & AMQP_BASIC_TYPE_FLAG ? as_text(properties.type) : std::string_view();
  message.id =
      flags & AMQP_BASIC_MESSAGE_ID_FLAG ? as_text(properties.message_id) : std::string_view();
  const bool has_time = (flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0 &&
                        properties.timestamp <= static_cast<std::uint64_t>(kMaxTime_s);
  message.enqueued_at_s = has_time ? static_cast<std::int64_t>(properties.timestamp) : 0;
  message.properties = as_text(raw);
  reset(message.trail);
  message.dropped_by.clear();
  message.dropped_why.clear();
  message.returned = 0;
  message.trace_parent.clear();
  message.trace_state.clear();
  message.unique.key.clear();
  message.unique.until_ms = 0;
  message.unique.is_asked = false;
  if ((flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  for (int i = 0; i < properties.headers.num_entries; ++i) {
    const auto& entry = properties.headers.entries[i];
    if (as_text(entry.key).starts_with(kOwnHeader)) read_header(entry, message.trail);
    if (as_text(entry.key) == "x-death") read_death(entry, message);
    if (as_text(entry.key) == "x-delivery-count")
      message.returned = static_cast<int>(integer(entry.value, 0, kMaxAttempt));
    if (as_text(entry.key) == "x-action-unique" && check_unique_key(text(entry.value)))
      message.unique.key = text(entry.value);
    if (as_text(entry.key) == "x-action-unique-until")
      message.unique.until_ms = integer(entry.value, 0, kMaxTime_s * 1000);
    if (as_text(entry.key) == "traceparent" && is_trace_parent(text(entry.value)))
      message.trace_parent = text(entry.value);
    if (as_text(entry.key) == "tracestate" && is_trace_state(text(entry.value)))
      message.trace_state = text(entry.value);
  }
  if (message.trace_parent.empty()) message.trace_state.clear();
}

}  // namespace action
