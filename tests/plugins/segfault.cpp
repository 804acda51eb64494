// Writes where it must not. Not to null: the sanitizers would say something else about that.
#include <action/event.hpp>

class SegfaultEvent : public action::Event {
 public:
  void process() override { *reinterpret_cast<volatile int*>(std::uintptr_t{65528}) = 1; }
};
ACTION_EVENT(SegfaultEvent)
