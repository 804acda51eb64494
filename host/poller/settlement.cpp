#include "poller/settlement.hpp"

namespace actiond {

Settlement settlement_for(Ending ending) {
  switch (ending) {
    case Ending::Done:
    case Ending::Halted:
      return Settlement::Acknowledge;
    case Ending::Failed:
    case Ending::Discarded:
    case Ending::Unknown:
    case Ending::Malformed:
    case Ending::Crashed:
    case Ending::TimedOut:
      return Settlement::DeadLetter;
    case Ending::Snoozed:
      return Settlement::Delay;
    case Ending::NotStarted:
    case Ending::Stopped:
      return Settlement::GiveBack;
    case Ending::Lost:
      return Settlement::Forget;
  }
  return Settlement::GiveBack;  // no such ending: the broker keeps what we can't judge
}

}  // namespace actiond
