// Event "version", as a deploy that should not have been made: it crashes.
#include <action/event.hpp>

#include <csignal>

class VersionEvent : public action::Event {
 public:
  void process() override { std::raise(SIGSEGV); }
};
ACTION_EVENT(VersionEvent)
