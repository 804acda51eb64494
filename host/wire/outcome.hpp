// How an event's run ended. The runner reports the endings it can see, the poller those it can't.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace actiond {

enum class Ending : std::uint8_t {
  // said by the runner
  Done,
  Halted,  // by a filter; counts as done
  Failed,
  Discarded,   // the handler wants no further attempt
  Snoozed,     // the handler wants to run again later
  Unknown,     // no plugin provides the event
  Malformed,   // a message that is no event
  NotStarted,  // recalled before it began
  // said by the poller
  Crashed,
  TimedOut,
  Stopped,      // killed because the poller had to end
  Lost,         // the connection that delivered it is gone
  Interrupted,  // pollers that are dead had begun it and not ended it
  Expired,      // its time was over before it began
  Duplicate,    // it was queued while another with its unique key waited or ran
};
inline constexpr int kEndings = static_cast<int>(Ending::Duplicate) + 1;

struct Outcome {
  Ending ending = Ending::Done;
  std::string reason;                    // one sentence; empty for Done
  std::chrono::milliseconds snooze{0};   // Snoozed: when again
  std::chrono::nanoseconds duration{0};  // of the handler, filters included
  std::string backtrace{};               // Crashed: where, a frame a line; may be empty
  std::chrono::milliseconds retry{0};    // Failed: when again, if the handler says so; else 0
};

// "done", "halted", "failed", …: the words of log, status and headers.
const char* name(Ending ending);

}  // namespace actiond
