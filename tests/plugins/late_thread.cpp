// Leaves a thread behind that logs and queues an event when the next event runs.
#include <action/event.hpp>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

namespace {
std::atomic<int> runs{0};
std::atomic<bool> is_over{false};

void act_late(int run) {
  using namespace std::chrono_literals;
  while (runs == run) std::this_thread::sleep_for(1ms);
  action::log("late words");
  try {
    action::queue_action_event("noop");
    action::log("queued");
  } catch (const std::exception& error) {
    action::log("{}", error.what());
  }
  is_over = true;
}
}  // namespace

class LateThreadEvent : public action::Event {
 public:
  void process() override { std::thread(&act_late, ++runs).detach(); }
};
ACTION_EVENT(LateThreadEvent)

// The event that runs meanwhile.
class LateVictimEvent : public action::Event {
 public:
  void process() override {
    ++runs;
    while (!is_over) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};
ACTION_EVENT(LateVictimEvent)
