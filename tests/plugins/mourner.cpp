// Fails, or crashes, as often as it runs, and hears of its death in the way that "dying" says. What
// happens is written to a file, a line each.
#include <action/event.hpp>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>

#include "append_line.hpp"

using namespace std::chrono_literals;

class MournerEvent : public action::Event {
 public:
  static constexpr action::Options options{.timeout = 500ms};

  void process() override {
    note("attempt " + std::to_string(attempt()) + " of " + std::to_string(attempts()));
    if (param("failing", "") == "crash") std::raise(SIGSEGV);
    throw action::Retry(std::chrono::milliseconds(param("retry_ms", 1)), "no luck");
  }

  void on_dead() override {
    note("dead: " + failure());
    const std::string how = param("dying", "");
    if (how == "throw") throw std::runtime_error("nobody listens");
    if (how == "crash") std::raise(SIGSEGV);
    if (how == "hang") std::this_thread::sleep_for(1h);
  }

 private:
  void note(const std::string& text) { append_line(param<std::string>("file"), text); }
};
ACTION_EVENT(MournerEvent)
