#include "client/sql/message_row.hpp"

#include <fmt/format.h>

#include "client/clean_text.hpp"
#include "client/sound.hpp"

namespace action::sql {
namespace {

constexpr char kNarrowColumns[] = "event, id, params, enqueued_at_s, sender";  // the first of all
constexpr std::size_t kMostInName = 255;  // of the columns event and id, in characters

Value text_value(const std::string& text, std::deque<std::string>& kept) {
  if (is_clean(text)) return text;
  return kept.emplace_back(clean_text(text));
}

Value text_or_null(const std::string& text, std::deque<std::string>& kept) {
  return text.empty() ? Value::null() : text_value(text, kept);
}

// Of what is an event these are short; a dead letter that never was one may have any.
Value name_value(const std::string& text, std::deque<std::string>& kept) {
  if (text.size() <= kMostInName && is_clean(text)) return text;
  return kept.emplace_back(clean_text(std::string_view(text).substr(0, kMostInName)));
}

}  // namespace

// All that is not among the narrow columns is as it would be without a word.
Width width_of(const NewEvent& event) {
  const Message& message = *event.message;
  const Trail& trail = message.trail;
  const bool is_new = trail.attempt == 1 && trail.queue.empty() && trail.error.empty() &&
                      trail.poller.empty() && trail.plugin.empty() && trail.backtrace.empty() &&
                      trail.first_failed_at_ms == 0 && trail.failed_at_ms == 0 &&
                      trail.unknown_since_ms == 0 && trail.interrupted == 0 &&
                      trail.expires_at_ms == 0;
  const bool is_plain = message.trace_parent.empty() && message.trace_state.empty() &&
                        message.properties.empty() && message.unique.key.empty();
  return is_new && is_plain ? Width::Narrow : Width::Wide;
}

std::string insert_statement(const Dialect& dialect, Width width, std::size_t events) {
  const bool is_narrow = width == Width::Narrow;
  // A delay may not end early, and the clock is rounded down.
  const auto row =
      fmt::format("(?, {} + ?, {})", dialect.now_ms, question_marks(is_narrow ? 5 : 21));
  std::string rows = row;
  for (std::size_t i = 1; i < events; ++i) rows += ", " + row;
  return fmt::format("INSERT INTO {} (queue, due_ms, {}) VALUES {}", dialect.events,
                     is_narrow ? kNarrowColumns : kMessageColumns, rows);
}

void append_values(const NewEvent& event, Width width, std::vector<Value>& values,
                   std::deque<std::string>& kept) {
  const Message& message = *event.message;
  const Trail& trail = message.trail;
  values.insert(
      values.end(),
      {Value(event.queue), Value(event.delay_ms > 0 ? event.delay_ms + 1 : 0),
       name_value(message.event, kept), name_value(message.id, kept), Value::of_bytes(message.body),
       Value(message.enqueued_at_s), text_or_null(message.sender, kept)});
  if (width == Width::Narrow) return;
  values.insert(
      values.end(),
      {Value(trail.attempt), text_or_null(trail.queue, kept), text_or_null(trail.error, kept),
       text_or_null(trail.poller, kept), text_or_null(trail.plugin, kept),
       text_or_null(trail.backtrace, kept), Value(trail.first_failed_at_ms),
       Value(trail.failed_at_ms), Value(trail.unknown_since_ms), Value(trail.interrupted),
       text_or_null(message.trace_parent, kept), text_or_null(message.trace_state, kept),
       message.properties.empty() ? Value::null() : Value::of_bytes(message.properties),
       Value(trail.expires_at_ms)});
  const auto& unique = message.unique;
  const bool has_key = !event.has_no_key && !unique.key.empty();
  values.push_back(has_key ? text_value(unique.key, kept) : Value::null());
  values.push_back(Value(has_key ? unique.until_ms : 0));
}

void read_message(const Answer& answer, std::size_t row, std::size_t first, Message& message) {
  std::size_t column = first;
  const auto text = [&] { return answer.text(row, column++); };
  const auto number = [&] { return answer.number(row, column++); };
  Trail& trail = message.trail;
  message.event = text();
  message.id = text();
  message.body = text();
  message.enqueued_at_s = number();
  message.sender = text();
  trail.attempt = static_cast<int>(number());
  trail.queue = text();
  trail.error = text();
  trail.poller = text();
  trail.plugin = text();
  trail.backtrace = text();
  trail.first_failed_at_ms = number();
  trail.failed_at_ms = number();
  trail.unknown_since_ms = number();
  trail.interrupted = static_cast<int>(number());
  message.trace_parent = text();
  message.trace_state = text();
  message.properties = text();
  trail.expires_at_ms = number();
  message.unique.key = text();
  message.unique.until_ms = number();
  message.unique.is_asked = false;
  trail.due_at_ms = 0;
  trail.queued_at_ms = 0;
  make_sound(message);
}

}  // namespace action::sql
