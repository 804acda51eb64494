// Starts a program that takes long, ends it by SIGTERM, and waits for that: the program itself, or
// all of the process group, as params "by" says. Fails if it ended otherwise.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <action/event.hpp>
#include <csignal>
#include <stdexcept>

class EndsChildrenEvent : public action::Event {
 public:
  void process() override {
    const char* const words[] = {"sleep", "60", nullptr};
    pid_t child = 0;  // that program already, when this comes back
    if (::posix_spawnp(&child, words[0], nullptr, nullptr, const_cast<char**>(words), environ) != 0)
      throw std::runtime_error("there is no sleep");
    ::kill(params().at("by") == "group" ? 0 : child, SIGTERM);
    int status = 0;
    while (::waitpid(child, &status, 0) != child) continue;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
      throw std::runtime_error("the program did not end by SIGTERM");
  }
};
ACTION_EVENT(EndsChildrenEvent)
