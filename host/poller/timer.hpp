// The loop's time: what o'clock it is, and calls that come later. Whoever waits is given this, so
// that a test can let a minute pass at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.hpp"

namespace actiond {

class Timer {
 public:
  virtual ~Timer() = default;  // cancels
  // Calls `then` once, in the loop, when `wait` is over. Takes the place of what was set before.
  virtual void set(std::chrono::nanoseconds wait, std::function<void()> then) = 0;
  // What was set is not called any more.
  virtual void cancel() = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime now() const = 0;
  // One that is not set. Must not outlive the clock.
  virtual std::unique_ptr<Timer> timer() = 0;
};

// The time of this machine.
class LoopClock final : public Clock {
 public:
  // `io` must outlive it.
  explicit LoopClock(boost::asio::io_context& io) : io_(io) {}

  MonotonicTime now() const override { return monotonic_now(); }
  std::unique_ptr<Timer> timer() override;

 private:
  boost::asio::io_context& io_;
};

}  // namespace actiond
