// Calls a function that no library has.
#include <action/event.hpp>

void function_that_nobody_wrote();

class UnresolvedEvent : public action::Event {
 public:
  void process() override { function_that_nobody_wrote(); }
};
ACTION_EVENT(UnresolvedEvent)
