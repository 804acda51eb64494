// Event "sleep": sleeps params "ms". Appends "<id> <queue> <n>" to the file params "file", if
// given, when it starts; n is params "n", else 0. Doesn't ask whether it is cancelled. Fails the
// first time, if params "fails_once" is given. With params "until" it goes on until that file is
// there.
#include <action/event.hpp>
#include <filesystem>
#include <thread>

#include "append_line.hpp"

class SleepEvent : public action::Event {
 public:
  void process() override {
    if (params().contains("file")) {
      append_line(params()["file"], fmt::format("{} {} {}", id(), queue(), params().value("n", 0)));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(params().value("ms", 0)));
    while (params().contains("until") && !std::filesystem::exists(std::string(params()["until"])))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (params().contains("fails_once") && attempt() == 1) throw std::runtime_error("once");
  }
};
ACTION_EVENT(SleepEvent)
