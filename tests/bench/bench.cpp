// Events of scripts/bench. "bench" reads its params and does nothing, except that the first and
// the last of a run note when that was, and which; "latency" notes how long it was under way;
// "bench_wait" also sleeps; "bench_sleep" notes each; "flood" queues many.
#include <action/event.hpp>
#include <chrono>
#include <fstream>
#include <thread>

namespace {

std::int64_t now_us() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::microseconds(1);
}

}  // namespace

class BenchEvent : public action::Event {
 public:
  void process() override {
    const auto number = params().at("n").get<int>();
    if (number == 0 || number + 1 == params().at("of").get<int>())
      std::ofstream(params().at("file").get<std::string>(), std::ios::app)
          << now_us() << " " << number << "\n";
  }
};
ACTION_EVENT(BenchEvent)

class BenchWaitEvent : public BenchEvent {
 public:
  void process() override {
    BenchEvent::process();
    std::this_thread::sleep_for(std::chrono::milliseconds(params().at("ms").get<int>()));
  }
};
ACTION_EVENT(BenchWaitEvent)

class LatencyEvent : public action::Event {
 public:
  void process() override {
    const auto now = now_us();
    std::ofstream(params().at("file").get<std::string>(), std::ios::app)
        << now - params().at("sent_us").get<std::int64_t>() << "\n";
  }
};
ACTION_EVENT(LatencyEvent)

// Notes its queue as it begins: the order of these lines is the order of starts.
class BenchSleepEvent : public action::Event {
 public:
  void process() override {
    std::ofstream(params().at("file").get<std::string>(), std::ios::app)
        << now_us() << " " << queue() << " " << params().value("n", 0) << "\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(params().at("ms").get<int>()));
  }
};
ACTION_EVENT(BenchSleepEvent)

class FloodEvent : public action::Event {
 public:
  void process() override {
    for (int i = 0; i < params().at("count").get<int>(); ++i)
      queue_action_event("nobody", {{"n", i}}, {.queue = "low"});
  }
};
ACTION_EVENT(FloodEvent)
