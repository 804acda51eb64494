// When the broker is asked which queues are paused: every few seconds, and at once when somebody
// says that it has changed.
#pragma once

#include <memory>

#include "broker/broker.hpp"
#include "poller/timer.hpp"

namespace actiond {

class PauseWatch {
 public:
  // `clock` must outlive it.
  explicit PauseWatch(Clock& clock) : timer_(clock.timer()) {}

  // A broker is there, which knows what was paused when it was connected. It must live until stop.
  void begin(Broker& broker);
  // Somebody has paused a queue, or resumed one. Without a broker: nothing happens.
  void soon();
  // There is none any more.
  void stop();

 private:
  void look(bool is_again);

  std::unique_ptr<Timer> timer_;
  Broker* broker_ = nullptr;
  bool is_told_ = false;  // by somebody, since the last two looks
};

}  // namespace actiond
