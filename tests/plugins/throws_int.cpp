// Throws an int.
#include <action/event.hpp>

class ThrowsIntEvent : public action::Event {
 public:
  void process() override { throw 42; }
};
ACTION_EVENT(ThrowsIntEvent)
