// Calls abort().
#include <action/event.hpp>
#include <cstdlib>

class AbortEvent : public action::Event {
 public:
  void process() override { std::abort(); }
};
ACTION_EVENT(AbortEvent)
