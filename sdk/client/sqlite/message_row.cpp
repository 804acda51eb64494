#include "client/sqlite/message_row.hpp"

#include "client/sound.hpp"

namespace action {

Result<void> insert_message(Statement& insert, std::int64_t queue, const Message& message,
                            const std::string& full_key, bool is_later, std::int64_t due_ms) {
  const Trail& trail = message.trail;
  return insert.run(queue, is_later, due_ms, message.event, message.id, message.enqueued_at_s,
                    TextOrNull{message.sender}, trail.attempt, TextOrNull{trail.queue},
                    TextOrNull{trail.error}, TextOrNull{trail.poller}, TextOrNull{trail.plugin},
                    TextOrNull{trail.backtrace}, trail.first_failed_at_ms, trail.failed_at_ms,
                    trail.unknown_since_ms, Blob{message.properties}, Blob{message.body},
                    trail.interrupted, TextOrNull{message.trace_parent},
                    TextOrNull{message.trace_state}, trail.expires_at_ms, TextOrNull{full_key},
                    full_key.empty() ? 0 : message.unique.until_ms);
}

void read_message(const Statement& row, int first, Message& message) {
  int column = first;
  Trail& trail = message.trail;
  message.event = row.text(column++);
  message.id = row.text(column++);
  message.enqueued_at_s = row.number(column++);
  message.sender = row.text(column++);
  trail.attempt = static_cast<int>(row.number(column++));
  trail.queue = row.text(column++);
  trail.error = row.text(column++);
  trail.poller = row.text(column++);
  trail.plugin = row.text(column++);
  trail.backtrace = row.text(column++);
  trail.first_failed_at_ms = row.number(column++);
  trail.failed_at_ms = row.number(column++);
  trail.unknown_since_ms = row.number(column++);
  trail.due_at_ms = 0;
  trail.queued_at_ms = 0;
  message.properties = row.text(column++);
  message.body = row.text(column++);
  trail.interrupted = static_cast<int>(row.number(column++));
  message.trace_parent = row.text(column++);
  message.trace_state = row.text(column++);
  trail.expires_at_ms = row.number(column++);
  const auto full_key = row.text(column++);
  message.unique.key = full_key.substr(full_key.find('.') + 1);  // behind the application's name
  message.unique.until_ms = row.number(column++);
  message.unique.is_asked = false;
  make_sound(message);
}

}  // namespace action
