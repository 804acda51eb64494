// An exception leaves the constructor of a global variable while it is loaded.
#include <action/event.hpp>
#include <stdexcept>

static const int thrown = [] {
  if (std::getenv("PATH") != nullptr) throw std::runtime_error("no server of this name");
  return 1;
}();

class ConstructorThrowsEvent : public action::Event {
 public:
  void process() override { log("must never run: {}", thrown); }
};
ACTION_EVENT(ConstructorThrowsEvent)
