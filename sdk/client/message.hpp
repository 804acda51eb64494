// An event on its way through a broker, whichever that is.
#pragma once

#include <cstdint>
#include <string>

namespace action {

// The pollers' own record of an event: its failures, and a delay of several trips.
struct Trail {
  int attempt = 1;                      // x-action-attempt: which attempt the next (or last) run is
  std::string queue;                    // x-action-queue: the queue that it was first taken from
  std::string error;                    // x-action-error: why the last attempt failed
  std::string poller;                   // x-action-poller: who ran it last, "host/id"
  std::string plugin;                   // x-action-plugin: by which code, "mailer.so 1a2b3c4d5e6f"
  std::string backtrace;                // x-action-backtrace: where it crashed, a frame a line
  std::int64_t first_failed_at_ms = 0;  // x-action-first-failed-at, since 1970 UTC; 0: never
  std::int64_t failed_at_ms = 0;        // x-action-failed-at
  std::int64_t unknown_since_ms = 0;    // x-action-unknown-since: no plugin knew it; 0: one did
  std::int64_t due_at_ms = 0;           // x-action-due-at: not to run before; 0: at once
  std::int64_t delayed_until_ms = 0;    // x-action-delayed-until: the end of its last delay
  std::int64_t queued_at_ms = 0;   // x-action-queued-at; 0: the timestamp alone tells, in seconds
  std::int64_t expires_at_ms = 0;  // x-action-expires-at: then it is not started; 0: never
  std::string left_out{};          // x-action-left-out: foreign headers that had no room
  int interrupted = 0;             // x-action-interrupted: pollers that died in its last run
  bool is_early = false;           // x-action-early: it came too early once, and was sent back
};

// See unique.hpp.
struct UniqueKey {
  std::string key{};          // x-action-unique; empty: none
  std::int64_t until_ms = 0;  // x-action-unique-until, since 1970 UTC; 0: as long as it is there
  bool is_asked = false;      // a new event: not to be stored while another has the key
};

struct Message {
  std::string event;  // empty in a message that is no event
  std::string id;
  std::string body;
  std::int64_t enqueued_at_s = 0;  // the property timestamp; 0: absent
  Trail trail;
  std::string properties;      // as received, encoded; empty in a new message
  std::string trace_parent{};  // header traceparent, a valid one; empty: it belongs to no trace
  std::string trace_state{};   // header tracestate, beside that
  UniqueKey unique{};
  std::string sender;  // property app_id of a new message; a received one keeps its own
  // By what queue, but those of delays, the broker dropped it last, why, and when, in its words.
  std::string dropped_by{}, dropped_why{};
  std::int64_t dropped_at_s = 0;
  int returned = 0;  // header x-delivery-count: so often a quorum queue got it back from somebody
};

// Without the three moves of all strings that std::swap makes of it. Whoever adds a member is told
// by the compiler that it is missing here.
void swap(Message& left, Message& right) noexcept;
// As new, at less than an assignment costs.
void reset(Trail& trail) noexcept;

}  // namespace action
