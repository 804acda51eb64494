// Event "with_library": appends what the library beside it says to params "file". That library,
// lib/libspoken.so as seen from the plugin, is found by $ORIGIN.
#include <action/event.hpp>

#include "append_line.hpp"

extern "C" const char* spoken();

class WithLibraryEvent : public action::Event {
 public:
  void process() override { append_line(params().at("file"), std::string("library ") + spoken()); }
};
ACTION_EVENT(WithLibraryEvent)
