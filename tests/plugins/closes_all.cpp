// Closes all descriptors but the standard ones, as libraries do that make daemons, and opens a
// socket of its own, which may get the number of one of the runner's. Then it does what params
// "then" says.
#include <sys/socket.h>
#include <unistd.h>

#include <action/event.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

class ClosesAllEvent : public action::Event {
 public:
  void process() override {
    for (int fd = 3; fd < 4096; ++fd) ::close(fd);
    for (int fd = 0; fd >= 0 && fd < 1020;) fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto then = params().value("then", std::string("return"));
    if (then == "throw") throw std::runtime_error("it failed");
    if (then == "sleep") std::this_thread::sleep_for(std::chrono::minutes(1));
  }
};
ACTION_EVENT(ClosesAllEvent)
