// Appends its name and its trace to the file params "file" in each run. "traced" queues
// "traced_child" for a second later; the child snoozes once, then fails in every run.
#include <action/event.hpp>
#include <filesystem>

#include "append_line.hpp"

class TracedEvent : public action::Event {
 public:
  void process() override {
    append_line(param<std::string>("file"), "traced " + trace().parent + " " + trace().state);
    queue_action_event("traced_child", {{"file", param<std::string>("file")}},
                       {.in = std::chrono::seconds(1)});
  }
};
ACTION_EVENT(TracedEvent)

class TracedChildEvent : public action::Event {
 public:
  void process() override {
    const auto file = param<std::string>("file");
    append_line(file, "child " + trace().parent + " " + trace().state);
    if (!std::filesystem::exists(file + ".snoozed")) {
      append_line(file + ".snoozed", "once");
      throw action::Snooze(std::chrono::milliseconds(200), "not yet");
    }
    throw std::runtime_error("it never works");
  }
};
ACTION_EVENT(TracedChildEvent)
