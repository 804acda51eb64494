#include "poller/delivery/settlement.hpp"

namespace actiond {

Settlement settlement_for(Ending ending, const Chances& chances) {
  switch (ending) {
    case Ending::Done:
    case Ending::Halted:
      return Settlement::Acknowledge;
    case Ending::Crashed:
      if (chances.is_excused) return Settlement::Delay;
      [[fallthrough]];
    case Ending::Failed:
    case Ending::TimedOut:
      return chances.has_attempts ? Settlement::Retry : Settlement::DeadLetter;
    case Ending::Discarded:
    case Ending::Malformed:
      return Settlement::DeadLetter;
    case Ending::Unknown:
      return chances.may_become_known ? Settlement::Delay : Settlement::DeadLetter;
    case Ending::Snoozed:
      return Settlement::Delay;
    case Ending::NotStarted:
    case Ending::Stopped:
      return Settlement::GiveBack;
    case Ending::Interrupted:
      return chances.may_be_interrupted ? Settlement::Again : Settlement::DeadLetter;
    case Ending::Expired:
      return chances.is_expired_kept ? Settlement::DeadLetter : Settlement::Acknowledge;
    case Ending::Duplicate:
      return Settlement::Acknowledge;
    case Ending::Lost:
      return Settlement::Forget;
  }
  return Settlement::GiveBack;  // no such ending: the broker keeps what we can't judge
}

}  // namespace actiond
