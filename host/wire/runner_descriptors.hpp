// What a runner is born with: the poller passes it, the runner finds it there.
#pragma once

namespace actiond {

// It moves both to higher numbers before it loads anything.
inline constexpr int kRunnerSocket = 3;    // to the poller, blocking
inline constexpr int kRunnerProgress = 4;  // the page of progress
// The exit status of a runner that finds one of them closed or replaced by plugin code.
inline constexpr int kCutOffStatus = 112;
// The executable's first argument that makes it a runner; the second is the poller's pid.
inline constexpr const char* kRunnerRole = "runner";

}  // namespace actiond
