// What becomes of a delivery, given how its run ended and what chances it has left: a pure function
// over every ending.
//
//   ending                      settlement
//   done, halted                acknowledge, after what it queued is confirmed
//   failed, crashed, timed out  attempts left: retry, to the broker's delay queues, confirmed, then
//                               acknowledge; none left: dead letter, confirmed, then acknowledge
//   crashed, excused            a new plugin set is to blame: later, no attempt is spent
//   discarded, malformed        dead letter: what nobody can handle must not loop
//   unknown event               offered again until unknown_event_ttl is over, then dead letter
//   snoozed                     later, as a retry, but no attempt is spent
//   not started, stopped        give back: not the event's fault
//   interrupted                 pollers died in it: again, alone and with their number; after
//                               retry.interruptions of them a dead letter
//   expired                     acknowledge, or as on_expired says: dead letter
//   lost                        nothing: the broker has taken it back already
#pragma once

#include <chrono>

#include "wire/outcome.hpp"

namespace actiond {

enum class Settlement {
  Acknowledge,
  Retry,       // publish to come back as the next attempt, await the confirm, acknowledge
  Delay,       // the same, but as the attempt that it is
  Again,       // publish to come back at once, as the attempt that it is, confirm, acknowledge
  DeadLetter,  // publish among the dead letters, await the confirm, acknowledge
  GiveBack,    // the broker offers it again, to anyone
  Forget,
};

struct Chances {
  bool has_attempts = false;        // besides the one that ended
  bool may_become_known = false;    // unknown_event_ttl is not over
  bool is_excused = false;          // its crash is blamed on the new plugins
  bool may_be_interrupted = false;  // fewer pollers than retry.interruptions died in it
  bool is_expired_kept = false;     // on_expired: dead
};

Settlement settlement_for(Ending ending, const Chances& chances);

// A settlement, and for a Retry or a Delay how long the broker keeps the event back.
struct Verdict {
  Settlement settlement = Settlement::GiveBack;
  std::chrono::milliseconds delay{0};
};

}  // namespace actiond
