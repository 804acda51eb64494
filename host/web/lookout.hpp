// Something that takes its time to find out (a broker may not answer for seconds), looked at by a
// thread of its own and remembered, so that the page's loop never waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "web/at_work.hpp"

namespace actiond::web {

template <typename T>
class Lookout {
 public:
  // `look` blocks, and must not throw. Its thread is left alone if it has not come back when this
  // ends: then what it holds must live as long as the process.
  explicit Lookout(std::function<T()> look) : shared_(std::make_shared<Shared>()) {
    shared_->look = std::move(look);
    std::thread([shared = shared_] { work(*shared); }).detach();
  }
  ~Lookout() {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_over = true;
    shared_->waiters.clear();
    shared_->changed.notify_one();
  }
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  // Calls `done`, from its thread or at once, when what is known is not older than `age`.
  void refresh(std::chrono::milliseconds age, std::function<void()> done) {
    {
      const std::lock_guard lock(shared_->mutex);
      if (!shared_->value || monotonic_now() - shared_->begun > age) {
        shared_->waiters.push_back(std::move(done));
        shared_->changed.notify_one();
        return;
      }
    }
    done();
  }

  // What was seen last; null: nothing yet.
  std::shared_ptr<const T> last() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->value;
  }

 private:
  struct Shared {
    std::function<T()> look;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::function<void()>> waiters;
    std::shared_ptr<const T> value;
    MonotonicTime begun;  // of the look that has brought it
    bool is_over = false;
  };

  static void work(Shared& shared) {
    std::unique_lock lock(shared.mutex);
    for (;;) {
      shared.changed.wait(lock, [&] { return shared.is_over || !shared.waiters.empty(); });
      if (shared.is_over) return;
      const AtWork at_work;
      const auto begun = monotonic_now();
      auto waiters = std::exchange(shared.waiters, {});
      lock.unlock();
      auto value = std::make_shared<const T>(shared.look());
      lock.lock();
      shared.value = std::move(value);
      shared.begun = begun;
      if (shared.is_over) return;
      lock.unlock();
      for (const auto& waiter : waiters) waiter();
      lock.lock();
    }
  }

  std::shared_ptr<Shared> shared_;
};

}  // namespace actiond::web
