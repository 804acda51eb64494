// When a turn of the poller's loop begins, and what of it is watched.
#pragma once

#include <boost/asio/io_context.hpp>

#include "base/log.hpp"
#include "poller/watchdog.hpp"

namespace actiond {

class Turns {
 public:
  // Both must outlive it.
  Turns(boost::asio::io_context& io, Log& log)
      : io_(io), watchdog_(log, Watchdog::in_debug_build()) {}

  // Blocks until something has happened, and does what timers and requests want: a turn begins.
  void begin() {
    io_.run_one();
    watchdog_.begin("timers and requests");
    if (is_more_likely()) has_been_more_ = io_.poll() > 0;
  }
  // The turn's next part, for whoever asks why the loop stood still.
  void at(const char* part) { watchdog_.at(part); }
  void end() { watchdog_.end(); }

 private:
  // To ask costs a call of the system, and pays where much happens at once: it is done with in one
  // turn. What is not asked for begins the next one.
  bool is_more_likely() { return has_been_more_ || ++asked_ % kTurnsBetween == 0; }

  static constexpr unsigned kTurnsBetween = 8;
  boost::asio::io_context& io_;
  Watchdog watchdog_;
  bool has_been_more_ = true;
  unsigned asked_ = 0;
};

}  // namespace actiond
