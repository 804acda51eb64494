// A thread for what takes long and is done one after the other: reading dead letters, actions. The
// page's loop hands it over and goes on.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace actiond::web {

inline constexpr std::size_t kMostChores = 16;

class Chores {
 public:
  Chores();
  // What is under way is left to the end of the process, what waits is not done.
  ~Chores();
  Chores(const Chores&) = delete;
  Chores& operator=(const Chores&) = delete;

  // False if too many wait already.
  bool add(std::function<void()> chore);

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::function<void()>> waiting;
    bool is_over = false;
  };
  static void work(Shared& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace actiond::web
