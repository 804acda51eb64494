// Snoozes for params "ms" (1000). With params "file" it appends its attempt to that file each time,
// and is done once the file has params "times" (2) lines.
#include <action/event.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>

#include "append_line.hpp"

class SnoozerEvent : public action::Event {
 public:
  void process() override {
    if (params().contains("file")) {
      append_line(params()["file"], std::to_string(attempt()));
      if (lines() >= params().value("times", 2)) return;
    }
    throw action::Snooze(std::chrono::milliseconds(params().value("ms", 1000)), "not yet");
  }

 private:
  int lines() {
    std::ifstream file(params().at("file").get<std::string>());
    return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }
};
ACTION_EVENT(SnoozerEvent)
