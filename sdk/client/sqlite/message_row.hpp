// A Message as a row of the table `events`, and back.
#pragma once

#include <cstdint>

#include "client/message.hpp"
#include "client/sqlite/database.hpp"

namespace action {

// The first value is what a row has that nobody owns: eight bytes, where a time has six. So a row
// does not grow when somebody takes it, which would split its page, full since it was written.
inline constexpr char kInsertMessage[] =
    "INSERT INTO events (owned_since_ms, queue, is_later, due_ms, event, id, enqueued_at_s, "
    "sender, attempt, origin, error, poller, plugin, backtrace, first_failed_at_ms, "
    "failed_at_ms, unknown_since_ms, properties, body, interrupted, trace_parent, trace_state, "
    "expires_at_ms, unique_key, unique_until_ms) "
    "VALUES (4611686018427387904,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
// Runs kInsertMessage. `full_key`: of the application; empty: none.
Result<void> insert_message(Statement& insert, std::int64_t queue, const Message& message,
                            const std::string& full_key, bool is_later, std::int64_t due_ms);

// The columns, as they stand in a SELECT, from which read_message reads beginning at `first`.
#define ACTION_MESSAGE_COLUMNS                                                            \
  "event, id, enqueued_at_s, sender, attempt, origin, error, poller, plugin, backtrace, " \
  "first_failed_at_ms, failed_at_ms, unknown_since_ms, properties, body, interrupted, "   \
  "trace_parent, trace_state, expires_at_ms, "                                            \
  "unique_key, unique_until_ms"
// Reuses the strings of `message`.
void read_message(const Statement& row, int first, Message& message);

}  // namespace action
