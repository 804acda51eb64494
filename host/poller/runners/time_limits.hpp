// How long a runner may take for what is not an event's own time.
#pragma once

#include <chrono>

namespace actiond {

inline constexpr std::chrono::seconds kTeardownTime{5};  // all plugins' teardowns
inline constexpr std::chrono::seconds kBeginTime{10};    // nothing of what it was handed begins
inline constexpr std::chrono::seconds kCancelGrace{1};   // between cancelled() and the kill
inline constexpr std::chrono::seconds kTimeToGo{5};      // after the kill

// Of the time between two looks no more is counted: the poller was stopped, or its machine
// suspended, and what it did not live through is nobody's.
inline constexpr std::chrono::seconds kMostOfATick{1};

// A run that takes longer is slow: with other runners beside it nothing is to wait behind it.
inline constexpr std::chrono::milliseconds kSlowRun{100};

}  // namespace actiond
