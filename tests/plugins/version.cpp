// Event "version": appends the version it was built with, and params "text", to params "file".
// Built as version_v1 and version_v2.
#include <action/event.hpp>

#include "append_line.hpp"

class VersionEvent : public action::Event {
 public:
  void process() override {
    append_line(params().at("file"), ACTION_PLUGIN_VERSION + (" " + params().value("text", "")));
  }
};
ACTION_EVENT(VersionEvent)
