// Starts a process that goes into a session of its own and away from its parent, and has an empty
// environment. Writes its pid into params "file", and then returns, crashes, or hangs, as params
// "then" says. With "as": "threads" it has the runner's environment, and its first thread ends.
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <action/event.hpp>
#include <cstdlib>
#include <thread>

#include "append_line.hpp"

class DaemonizesEvent : public action::Event {
 public:
  void process() override {
    const auto file = params().at("file").get<std::string>();
    const auto then = params().at("then").get<std::string>();
    const pid_t child = ::fork();
    if (child == 0) become_daemon(file, params().value("as", "") == "threads");
    ::waitpid(child, nullptr, 0);
    if (then == "crash") std::abort();
    while (then == "hang") ::pause();
  }

 private:
  [[noreturn]] static void leave_it_to_a_thread() {
    std::thread([] { ::sleep(60); }).detach();
    ::syscall(SYS_exit, 0);  // this thread alone
    ::abort();
  }

  [[noreturn]] static void become_daemon(const std::string& file, bool is_threads) {
    ::setsid();
    const pid_t daemon = ::fork();
    if (daemon == 0 && is_threads) leave_it_to_a_thread();
    if (daemon == 0) {
      const char* const words[] = {"sleep", "60", nullptr};
      const char* const nothing[] = {nullptr};
      ::execvpe("sleep", const_cast<char**>(words), const_cast<char**>(nothing));
      ::_exit(1);
    }
    append_line(file, std::to_string(daemon));
    ::_exit(0);
  }
};
ACTION_EVENT(DaemonizesEvent)
