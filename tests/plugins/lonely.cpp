// Event "lonely": wants to be the only one that runs with its params "key", for params "ms".
// Appends its id to params "file" at its end, and "not alone" to that with ".wrong" behind it if
// another has run beside it. Fails the first time, if params "fails_once" is given.
#include <sys/file.h>

#include <action/event.hpp>
#include <thread>

#include "append_line.hpp"

using namespace std::chrono_literals;

class LonelyEvent : public action::Event {
 public:
  void process() override {
    const std::string file = params()["file"];
    const std::string path = file + "." + params().value("key", "");
    const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    // The kernel takes a moment to end the runner of a poller that was killed.
    const auto until = std::chrono::steady_clock::now() + 100ms;
    bool is_alone = false;
    while (!is_alone && std::chrono::steady_clock::now() < until)
      is_alone = ::flock(lock, LOCK_EX | LOCK_NB) == 0;
    if (!is_alone) append_line(file + ".wrong", "not alone: " + id());
    std::this_thread::sleep_for(std::chrono::milliseconds(params().value("ms", 0)));
    append_line(file, id());
    ::close(lock);
    if (params().contains("fails_once") && attempt() == 1) throw std::runtime_error("once");
  }
};
ACTION_EVENT(LonelyEvent)
