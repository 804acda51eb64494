// What becomes of a delivery, given how its run ended: a pure function over every ending.
//
//   ending                      settlement
//   done, halted                acknowledge, after what it queued is confirmed
//   failed, crashed, timed out  to the dead letters, confirmed, then acknowledge
//   discarded, malformed        the same: what nobody can handle must not loop
//   unknown event               the same
//   snoozed                     to the broker's delay queues, confirmed, then acknowledge
//   not started, stopped        give back: not the event's fault
//   lost                        nothing: the broker has taken it back already
#pragma once

#include "wire/outcome.hpp"

namespace actiond {

enum class Settlement {
  Acknowledge,
  DeadLetter,  // publish among the dead letters, await the confirm, acknowledge
  Delay,       // publish to come back later, await the confirm, acknowledge
  GiveBack,    // the broker offers it again, to anyone
  Forget,
};

Settlement settlement_for(Ending ending);

}  // namespace actiond
