// Provides "hello_world", as the example plugin of that name does.
#include <action/event.hpp>

class HelloWorldEvent : public action::Event {
 public:
  void process() override { log("hello from the duplicate"); }
};
ACTION_EVENT(HelloWorldEvent)
