// One message in hand, from its arrival to its settlement. Settled exactly once; a tag is worth
// something only in the life of the connection that gave it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "poller/delivery/settlement.hpp"
#include "wire/outcome.hpp"

namespace actiond {

// An event that a handler queues, on its way to the broker.
struct QueuedEvent {
  std::string queue;
  Message message;
  std::chrono::milliseconds delay{0};  // above 0: to run that much later
};

// What of a delivery the broker does not have yet; the settler's.
struct Storing {
  std::size_t unconfirmed = 0;      // what it queued and the broker has not confirmed yet
  int refusals = 0;                 // of the copy that is to be stored
  bool is_cut = false;              // its body was too large for one
  std::string whole_body;           // is_cut: what it was
  std::string whole_reason;         // is_cut: that of its outcome
  std::vector<QueuedEvent> unsent;  // what it queued and no broker there was to confirm it
  std::string publish_problem;      // why one of those was not taken
  std::size_t unfinished_index = 0;
};

// Its run as a span of the trace that it belongs to, see Tracer.
struct RunTrace {
  std::string context;           // the span, as a traceparent; empty: it belongs to no trace
  std::string parent_span;       // empty: the trace begins with it
  std::int64_t ended_at_ms = 0;  // since 1970 UTC
};

// All of a delivery but its message.
struct Course {
  // where it came from
  QueueIndex queue = 0;
  std::string_view queue_name;  // the configuration's
  std::uint64_t tag = 0;
  std::uint64_t epoch = 0;  // of the connection
  bool is_redelivered = false;
  bool is_named_here = false;  // its message came without an id: each delivery gets another one
  bool has_key = false;        // the unique one of its message, by the broker's word

  int interruptions = 0;  // pollers that were found dead in it, and are not in its trail yet

  // its run
  std::uint64_t run = 0;   // its number in its runner; 0: not handed to one
  bool is_logged = false;  // "Processing …" is in the log
  std::chrono::milliseconds timeout{0};
  int attempts = 1;             // that it has in all
  std::string_view plugin;      // which code runs it, for the dead letter; the poller's policies'
  std::string_view plugin_set;  // the hash of the set that it belongs to; likewise

  RunTrace trace;

  // its end
  bool has_ended = false;
  bool is_excused = false;  // its crash is blamed on the new plugins
  Outcome outcome;
  std::chrono::milliseconds waited{-1};  // before its run; negative: not known
  Verdict verdict;
  bool is_dying = false;  // its plugin hears of its death, see LastWords
  Outcome death;          // is_dying: how its last attempt ended
  bool is_heard = false;  // its plugin has heard of it
  Storing storing;
  bool is_settled = false;
};

struct Delivery : Course {
  Message message;
};

// Hands deliveries out and takes them back, so that a message costs no allocation once the first
// few have passed.
class DeliveryPool {
 public:
  struct Return {
    DeliveryPool* pool;
    void operator()(Delivery* delivery) const { pool->take_back(delivery); }
  };
  using Pointer = std::unique_ptr<Delivery, Return>;

  // The pool must outlive what it hands out.
  Pointer get();

 private:
  void take_back(Delivery* delivery);

  std::vector<std::unique_ptr<Delivery>> free_;
};

using DeliveryPointer = DeliveryPool::Pointer;

}  // namespace actiond
