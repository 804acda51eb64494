// Logs params "lines" lines (1000).
#include <action/event.hpp>

class ChattyEvent : public action::Event {
 public:
  void process() override {
    for (int line = 1; line <= params().value("lines", 1000); ++line) log("line {}", line);
  }
};
ACTION_EVENT(ChattyEvent)
