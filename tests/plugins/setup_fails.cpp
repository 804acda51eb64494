// Its setup throws, so the host must refuse it.
#include <action/event.hpp>

static void connect() {
  throw std::runtime_error("no database at db.example.org");
}
ACTION_SETUP(connect)

class SetupFailsEvent : public action::Event {
 public:
  void process() override { log("must never run"); }
};
ACTION_EVENT(SetupFailsEvent)
