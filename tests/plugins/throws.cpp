// Throws a std::exception that says params "what" ("it went wrong"), before attempt params
// "succeeds_at", if given. Appends its attempt to the file params "file", if given.
#include <action/event.hpp>
#include <limits>

#include "append_line.hpp"

class ThrowsEvent : public action::Event {
 public:
  void process() override {
    if (params().contains("file")) append_line(params()["file"], std::to_string(attempt()));
    if (attempt() >= params().value("succeeds_at", std::numeric_limits<int>::max())) return;
    throw std::runtime_error(params().value("what", "it went wrong"));
  }
};
ACTION_EVENT(ThrowsEvent)
