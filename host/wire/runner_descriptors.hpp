// What a runner is born with: the poller passes it, the runner finds it there.
#pragma once

namespace actiond {

// It moves the first two to higher numbers before it loads anything.
inline constexpr int kRunnerSocket = 3;    // to the poller, blocking
inline constexpr int kRunnerProgress = 4;  // the page of progress
inline constexpr int kRunnerProgram = 5;   // the runner's own executable

// Its exit status where it finds one of them closed or replaced by plugin code,
inline constexpr int kCutOffStatus = 112;
// and where it was built with another wire/ than the poller.
inline constexpr int kOtherVersionStatus = 113;

}  // namespace actiond
