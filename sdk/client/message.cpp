#include "client/message.hpp"

#include <memory>
#include <utility>

namespace action {
namespace {

void swap(Trail& left, Trail& right) noexcept {
  auto& [attempt, queue, error, poller, plugin, backtrace, first_failed_at_ms, failed_at_ms,
         unknown_since_ms, due_at_ms, delayed_until_ms, queued_at_ms, expires_at_ms, left_out,
         interrupted, is_early] = left;
  std::swap(attempt, right.attempt);
  queue.swap(right.queue);
  error.swap(right.error);
  poller.swap(right.poller);
  plugin.swap(right.plugin);
  backtrace.swap(right.backtrace);
  std::swap(first_failed_at_ms, right.first_failed_at_ms);
  std::swap(failed_at_ms, right.failed_at_ms);
  std::swap(unknown_since_ms, right.unknown_since_ms);
  std::swap(due_at_ms, right.due_at_ms);
  std::swap(delayed_until_ms, right.delayed_until_ms);
  std::swap(queued_at_ms, right.queued_at_ms);
  std::swap(expires_at_ms, right.expires_at_ms);
  left_out.swap(right.left_out);
  std::swap(interrupted, right.interrupted);
  std::swap(is_early, right.is_early);
}

}  // namespace

void swap(Message& left, Message& right) noexcept {
  auto& [event, id, body, enqueued_at_s, trail, properties, trace_parent, trace_state, unique,
         sender, dropped_by, dropped_why, dropped_at_s, returned] = left;
  event.swap(right.event);
  id.swap(right.id);
  body.swap(right.body);
  std::swap(enqueued_at_s, right.enqueued_at_s);
  swap(trail, right.trail);
  properties.swap(right.properties);
  trace_parent.swap(right.trace_parent);
  trace_state.swap(right.trace_state);
  unique.key.swap(right.unique.key);
  std::swap(unique.until_ms, right.unique.until_ms);
  std::swap(unique.is_asked, right.unique.is_asked);
  sender.swap(right.sender);
  dropped_by.swap(right.dropped_by);
  dropped_why.swap(right.dropped_why);
  std::swap(dropped_at_s, right.dropped_at_s);
  std::swap(returned, right.returned);
}

void reset(Trail& trail) noexcept {
  std::destroy_at(&trail);
  std::construct_at(&trail);
}

}  // namespace action
