// Brings a library of its own under the name of one that actiond itself is linked with; logs what
// that says. Its event is called as the file is.
#include <action/event.hpp>

extern "C" const char* spoken(void);

class BundlesEvent : public action::Event {
 public:
  void process() override { log("{}", spoken()); }
};
ACTION_EVENT(BundlesEvent, BUNDLES_EVENT)
