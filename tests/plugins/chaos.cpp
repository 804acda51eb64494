// Event "chaos": sleeps params "ms", and as its last act appends "<time in ms> <id>" to the file
// params "file", in one write. Built as chaos_v1 and chaos_v2.
#include <action/event.hpp>
#include <chrono>
#include <thread>

#include "append_line.hpp"

class ChaosEvent : public action::Event {
 public:
  void process() override {
    std::this_thread::sleep_for(std::chrono::milliseconds(params().value("ms", 0)));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    append_line(params().at("file"),
                fmt::format("{} {}", now / std::chrono::milliseconds(1), id()));
  }
};
ACTION_EVENT(ChaosEvent)
