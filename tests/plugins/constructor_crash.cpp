// Crashes while it is loaded.
#include <action/event.hpp>

static const int crashed = [] {
  *reinterpret_cast<volatile int*>(std::uintptr_t{65528}) = 1;
  return 1;
}();

class ConstructorCrashEvent : public action::Event {
 public:
  void process() override { log("must never run: {}", crashed); }
};
ACTION_EVENT(ConstructorCrashEvent)
