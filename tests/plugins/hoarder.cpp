// Event "hoard": takes params "mib" of memory and keeps it, then sleeps params "ms".
#include <action/event.hpp>
#include <cstring>
#include <thread>

class HoardEvent : public action::Event {
 public:
  void process() override {
    const auto size = params().value("mib", std::size_t{0}) << 20;
    static char* kept;
    kept = new char[size];
    std::memset(kept, 1, size);
    std::this_thread::sleep_for(std::chrono::milliseconds(params().value("ms", 0)));
  }
};
ACTION_EVENT(HoardEvent)
