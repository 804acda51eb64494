// A Message as a row of the table of events, and back.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "client/message.hpp"
#include "client/sql/dialect.hpp"
#include "client/sql/session.hpp"

namespace action::sql {

// What is to be stored: not to run before that long from now. The message is borrowed.
struct NewEvent {
  std::string_view queue;  // its short name, or kDead
  const Message* message;
  std::int64_t delay_ms = 0;
  bool has_no_key = false;  // any more: another has it
};

// A new event has little to tell; what failed, or is part of a trace, has all.
enum class Width { Narrow, Wide };
Width width_of(const NewEvent& event);

// An INSERT of so many events.
std::string insert_statement(const Dialect& dialect, Width width, std::size_t events);
// Its values for one of them. What is no UTF-8 in a text is replaced, in `kept`, which must live as
// long as the values do.
void append_values(const NewEvent& event, Width width, std::vector<Value>& values,
                   std::deque<std::string>& kept);

// The columns of a SELECT from which read_message reads, beginning at `first`.
inline constexpr char kMessageColumns[] =
    "event, id, params, enqueued_at_s, sender, attempt, origin, error, poller, plugin, backtrace, "
    "first_failed_at_ms, failed_at_ms, unknown_since_ms, interrupted, trace_parent, "
    "trace_state, properties, expires_at_ms, unique_key, unique_until_ms";
void read_message(const Answer& answer, std::size_t row, std::size_t first, Message& message);

}  // namespace action::sql
