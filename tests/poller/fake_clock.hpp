// A clock that stands still until the test lets time pass.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "poller/timer.hpp"

class FakeClock final : public actiond::Clock {
 public:
  actiond::MonotonicTime now() const override { return now_; }
  std::unique_ptr<actiond::Timer> timer() override { return std::make_unique<FakeTimer>(*this); }

  // Calls what falls due on the way, in its order and at its time.
  void advance(std::chrono::nanoseconds by) {
    const auto until = now_ + by;
    for (;;) {
      const auto next = std::min_element(
          set_.begin(), set_.end(), [](auto* one, auto* other) { return one->due < other->due; });
      if (next == set_.end() || (*next)->due > until) break;
      now_ = std::max(now_, (*next)->due);
      (*next)->fire();
    }
    now_ = until;
  }
  // Each setting of a real timer that is set already wakes the loop once.
  int times_set = 0;
  // The process stands still for so long: what fell due meanwhile is called late.
  void oversleep(std::chrono::nanoseconds by) {
    now_ += by;
    advance(std::chrono::nanoseconds(0));
  }
  bool is_any_set() const { return !set_.empty(); }
  // How long until something falls due; something must be set.
  std::chrono::nanoseconds until_next() const {
    const auto next = std::min_element(
        set_.begin(), set_.end(), [](auto* one, auto* other) { return one->due < other->due; });
    return (*next)->due - now_;
  }

 private:
  struct FakeTimer final : actiond::Timer {
    explicit FakeTimer(FakeClock& owner) : clock(owner) {}
    ~FakeTimer() override { cancel(); }
    void set(std::chrono::nanoseconds wait, std::function<void()> then) override {
      cancel();
      ++clock.times_set;
      due = clock.now_ + wait;
      call = std::move(then);
      clock.set_.push_back(this);
    }
    void cancel() override { std::erase(clock.set_, this); }
    void fire() {
      cancel();
      std::exchange(call, nullptr)();
    }

    FakeClock& clock;
    actiond::MonotonicTime due;
    std::function<void()> call;
  };

  actiond::MonotonicTime now_{std::chrono::hours(1)};
  std::vector<FakeTimer*> set_;
};
