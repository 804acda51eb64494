// Stops the process that has started its runner when it is loaded.
#include <signal.h>
#include <unistd.h>

#include <action/event.hpp>

static const int stopped = ::kill(::getppid(), SIGSTOP);

class ConstructorStopsEvent : public action::Event {
 public:
  void process() override { log("must never run: {}", stopped); }
};
ACTION_EVENT(ConstructorStopsEvent)
