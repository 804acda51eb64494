// How many threads of the page are at something that waits for others, and can't be waited for when
// the process ends: then it has to end without destructors, which would take away what they look
// at.
#pragma once

#include <atomic>

namespace actiond::web {

inline std::atomic<int> threads_at_work{0};

inline bool is_any_at_work() {
  return threads_at_work > 0;
}

// For as long as it lives. Made under the lock by which the thread is told that it is over.
class AtWork {
 public:
  AtWork() { ++threads_at_work; }
  ~AtWork() { --threads_at_work; }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;
};

}  // namespace actiond::web
