// The smallest plugin: one event, "hello_world", that greets somebody in the log.
#include <action/event.hpp>

class HelloWorldEvent : public action::Event {
 public:
  void process() override { log("hello {}", param("name", "world")); }
};
ACTION_EVENT(HelloWorldEvent)
