// Leaves a child behind that keeps the runner's file descriptors open for params "seconds" (30),
// then crashes. With params "file", appends the child's pid to it.
#include <action/event.hpp>
#include <cstdlib>

#include "append_line.hpp"

class GrandchildEvent : public action::Event {
 public:
  void process() override {
    const auto seconds = params().value("seconds", 30u);
    const pid_t child = ::fork();
    if (child == 0) {
      ::sleep(seconds);
      ::_exit(0);
    }
    if (params().contains("file")) append_line(params()["file"], std::to_string(child));
    std::abort();
  }
};
ACTION_EVENT(GrandchildEvent)
