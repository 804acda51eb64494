// Is discarded, because of params "why" ("not wanted").
#include <action/event.hpp>

class DiscarderEvent : public action::Event {
 public:
  void process() override { throw action::Discard(params().value("why", "not wanted")); }
};
ACTION_EVENT(DiscarderEvent)
