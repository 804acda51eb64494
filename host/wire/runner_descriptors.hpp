// What a runner is born with: the poller passes it, the runner finds it there.
#pragma once

namespace actiond {

inline constexpr int kRunnerSocket = 3;    // to the poller, blocking
inline constexpr int kRunnerProgress = 4;  // the page of progress
// The executable's first argument that makes it a runner; the second is the poller's pid.
inline constexpr const char* kRunnerRole = "runner";

}  // namespace actiond
