// Event "record": appends params "text" as a line to the file params "file".
#include <action/event.hpp>

#include "append_line.hpp"

class RecordEvent : public action::Event {
 public:
  void process() override { append_line(params().at("file"), params().at("text")); }
};
ACTION_EVENT(RecordEvent)
