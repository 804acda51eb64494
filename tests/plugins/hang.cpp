// Spins for ever and doesn't ask whether it is cancelled.
#include <action/event.hpp>

class HangEvent : public action::Event {
 public:
  void process() override {
    for (volatile bool is_stuck = true; is_stuck;) continue;
  }
};
ACTION_EVENT(HangEvent)
