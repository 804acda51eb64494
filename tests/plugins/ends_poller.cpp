// Event "end_poller": appends "<n>" to the file params "file", if given, sleeps params "ms", and
// kills its poller, as what the kernel does to a whole container that is out of memory.
#include <signal.h>
#include <unistd.h>
#include <action/event.hpp>
#include <thread>

#include "append_line.hpp"

class EndPollerEvent : public action::Event {
 public:
  void process() override {
    if (params().contains("file")) append_line(params()["file"], id());
    std::this_thread::sleep_for(std::chrono::milliseconds(params().value("ms", 0)));
    ::kill(::getppid(), SIGKILL);
    ::pause();
  }
};
ACTION_EVENT(EndPollerEvent)
