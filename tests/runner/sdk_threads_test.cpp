// Eight threads of a handler, by way of the SDK's headers and the host's table: also to be run
// under ThreadSanitizer.
#include <doctest/doctest.h>

#include <action/event.hpp>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "runner_scene.hpp"

using namespace actiond;

namespace {

constexpr int kThreads = 8, kTimes = 100;
std::atomic<int> wrong_answers{0};
std::atomic<int> times_cancelled{0};

// Each thread asks for its own queue, which is not there, and for one that is.
class ManyThreadsEvent : public action::Event {
 public:
  void process() override {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([this, i] { work(i); });
    for (auto& thread : threads) thread.join();
  }

 private:
  void work(int number) {
    const std::string wrong = "queue" + std::to_string(number);
    for (int n = 0; n < kTimes; ++n) {
      if (param<std::string>("to") != "ada") ++wrong_answers;
      if (refusal(wrong).find("'" + wrong + "'") == std::string::npos) ++wrong_answers;
      if (queue_action_event("mail", {{"n", n}}, {.queue = "low"}).size() != 36) ++wrong_answers;
      log("{} {}", wrong, n);
      if (config<int>("port", 0) != 25) ++wrong_answers;
      if (cancelled()) ++times_cancelled;
    }
  }
  std::string refusal(const std::string& queue) {
    try {
      return queue_action_event("mail", {}, {.queue = queue});
    } catch (const std::exception& error) {
      std::this_thread::yield();  // others are refused meanwhile
      return error.what();
    }
  }
};
ACTION_EVENT(ManyThreadsEvent)

}  // namespace

TEST_CASE("sdk: eight threads of a handler ask, log and queue, and each has its own answer") {
  RunnerScene scene(R"({"port": 25})");
  const auto& event = *action::detail::registry().events.at(0);
  const std::string params = R"({"to": "ada"})";
  action_run run{};
  run.size = sizeof run;
  run.event = event.name;
  run.id = "7";
  run.queue = "low";
  run.params = params.data();
  run.params_size = params.size();
  scene.host.begin_run(1);
  std::atomic<bool> is_over{false};
  std::thread poller([&] {
    while (!is_over) scene.progress.cancel(1);
  });
  CHECK(event.run(event.ctx, scene.host.table(), &run) == ACTION_DONE);
  is_over = true;
  poller.join();
  CHECK(wrong_answers == 0);
  CHECK(times_cancelled > 0);
  std::set<std::string> ids;
  int lines = 0;
  for (const auto& [kind, payload] : scene.frames()) {
    if (kind == FrameKind::Log) ++lines;
    if (kind != FrameKind::Queue) continue;
    const auto queued = decode<QueueFrame>(payload);
    REQUIRE(queued);
    ids.emplace(queued->id);
  }
  CHECK(lines == kThreads * kTimes);
  CHECK(ids.size() == std::size_t{kThreads} * kTimes);
}
