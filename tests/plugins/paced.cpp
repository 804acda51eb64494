// Event "paced": takes 2 ms. Built as paced_v1, and as paced_v2, which takes 5 ms longer.
#include <action/event.hpp>
#include <chrono>
#include <string_view>
#include <thread>

class PacedEvent : public action::Event {
 public:
  void process() override {
    constexpr bool is_slower = std::string_view(ACTION_PLUGIN_VERSION) == "v2";
    std::this_thread::sleep_for(std::chrono::milliseconds(is_slower ? 7 : 2));
  }
};
ACTION_EVENT(PacedEvent)
