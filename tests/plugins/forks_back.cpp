// Forks, and the child comes back from the handler as well, or throws, or crashes, as params
// "child" says; the parent waits for it or sleeps ("ms") and returns.
#include <sys/wait.h>
#include <unistd.h>

#include <action/event.hpp>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "append_line.hpp"

class ForksBackEvent : public action::Event {
 public:
  void process() override {
    const auto what = params().value("child", std::string("return"));
    const pid_t child = ::fork();
    if (child == 0) return be_the_child(what);
    if (params().contains("file"))
      append_line(params()["file"].get<std::string>(), std::to_string(child));
    if (params().contains("ms"))
      std::this_thread::sleep_for(std::chrono::milliseconds(params()["ms"].get<int>()));
    else
      ::waitpid(child, nullptr, 0);
  }

 private:
  void be_the_child(const std::string& what) {
    log("from the child");
    if (what == "throw") throw std::runtime_error("from the child");
    if (what == "crash") ::raise(SIGSEGV);
    if (what == "queue") queue_action_event("noop");
  }
};
ACTION_EVENT(ForksBackEvent)
