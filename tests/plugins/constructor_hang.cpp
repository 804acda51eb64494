// Never comes back from being loaded.
#include <unistd.h>

#include <action/event.hpp>

static const int hung = [] {
  for (volatile bool is_stuck = true; is_stuck;) ::pause();
  return 1;
}();

class ConstructorHangEvent : public action::Event {
 public:
  void process() override { log("must never run: {}", hung); }
};
ACTION_EVENT(ConstructorHangEvent)
