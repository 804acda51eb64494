// How long a runner may take for what is not an event's own time.
#pragma once

#include <chrono>

namespace actiond {

inline constexpr std::chrono::seconds kLoadingTime{20};  // all plugins' constructors and setups
inline constexpr std::chrono::seconds kTeardownTime{5};  // all plugins' teardowns
inline constexpr std::chrono::seconds kCancelGrace{1};   // between cancelled() and the kill

// A run that takes longer is slow: with other runners beside it nothing is to wait behind it.
inline constexpr std::chrono::milliseconds kSlowRun{100};

}  // namespace actiond
