#include "runner/host_api.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <threads.h>
#include <time.h>

#include <atomic>
#include <thread>

#include "runner_scene.hpp"

using namespace actiond;

TEST_CASE("host: what a handler logs and queues is its run's") {
  RunnerScene scene;
  scene.host.begin_run(7);
  scene.log("hello");
  CHECK(scene.queue("send_email", "low", R"({"to":"ada"})").empty());
  const auto frames = scene.frames();
  REQUIRE(frames.size() == 2);
  const auto line = decode<LogFrame>(frames[0].second);
  REQUIRE(line);
  CHECK(line->number == 7);
  CHECK(line->level == ACTION_INFO);
  CHECK(line->text == "hello");
  const auto queued = decode<QueueFrame>(frames[1].second);
  REQUIRE(queued);
  CHECK(queued->number == 7);
  CHECK(queued->event == "send_email");
  CHECK(queued->queue == "low");
  CHECK(queued->params == R"({"to":"ada"})");
  CHECK(queued->id.size() == 36);
}

TEST_CASE("host: a request that can't be carried out is refused with a sentence, and not sent") {
  struct Case {
    const char* event;
    const char* queue;
    const char* params;
    const char* sentence;
  };
  RunnerScene scene;
  scene.host.begin_run(1);
  for (const auto& [event, queue, params, sentence] : {
           Case{"Send Email", nullptr, "{}", "'Send Email' can't be the name of an event"},
           Case{nullptr, nullptr, "{}", "nothing can't be the name of an event"},
           Case{"mail", "medium", "{}",
                "unknown queue 'medium': the configuration names high, low"},
           Case{"mail", "low", "[]", "the params of 'mail' are not a JSON object"},
       }) {
    const std::string said = scene.queue(event, queue, params);
    CHECK_MESSAGE(said.starts_with(sentence), said);
  }
  scene.host.begin_run(0);
  CHECK(scene.queue("mail") == "an event can be queued only while one runs");
  CHECK(scene.frames().empty());
}

TEST_CASE("host: an event that no runner could read is not sent") {
  RunnerScene scene;
  scene.host.begin_run(1);
  const std::string params = R"({"text":")" + std::string(kMaxParamsBytes, 'x') + R"("})";
  const std::string said = scene.queue("mail", "low", params.c_str());
  CHECK_MESSAGE(said ==
                    "the params of 'mail' have 200278027 bytes, and an event that is run has "
                    "at most 200278016",
                said);
  CHECK(scene.frames().empty());
}

TEST_CASE("host: config answers by dotted keys, and its answers stay") {
  RunnerScene scene(R"({"smtp": {"host": "a.example", "port": 25}, "debug": true})");
  const auto& table = scene.table();
  const char* host = table.config(table.ctx, "smtp.host");
  REQUIRE(host != nullptr);
  CHECK(std::string(table.config(table.ctx, "smtp.port")) == "25");
  CHECK(std::string(table.config(table.ctx, "debug")) == "true");
  CHECK(std::string(host) == R"("a.example")");
  for (const char* key : {"smtp.user", "smtp.host.name", "", "."})
    CHECK(table.config(table.ctx, key) == nullptr);
  CHECK(table.config(table.ctx, nullptr) == nullptr);
}

TEST_CASE("host: a run starts without the reason and the snooze of the one before") {
  RunnerScene scene;
  const auto& table = scene.table();
  scene.host.begin_run(1);
  table.set_reason(table.ctx, "no address", 10);
  table.set_snooze(table.ctx, -5);
  CHECK(scene.host.take_reason() == "no address");
  CHECK(scene.host.snooze_ms() == 1);
  scene.host.begin_run(2);
  CHECK(scene.host.take_reason().empty());
  CHECK(scene.host.snooze_ms() == 0);
}

TEST_CASE("host: a run is cancelled by its number, and nothing is outside of runs") {
  RunnerScene scene;
  const auto& table = scene.table();
  scene.progress.cancel(1);
  CHECK(table.is_cancelled(table.ctx) == 0);
  scene.host.begin_run(1);
  CHECK(table.is_cancelled(table.ctx) == 1);
  scene.host.begin_run(2);
  CHECK(table.is_cancelled(table.ctx) == 0);
}

TEST_CASE("host: eight threads log, queue and ask, and each has its own answer") {
  constexpr int kThreads = 8, kTimes = 200;
  RunnerScene scene;
  scene.host.begin_run(1);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&scene, &wrong, i] {
      const auto& table = scene.table();
      const std::string queue = "queue" + std::to_string(i);
      action_request request{};
      request.size = sizeof request;
      request.event = "mail";
      request.queue = queue.c_str();
      for (int n = 0; n < kTimes; ++n) {
        const char* problem = table.queue_event(table.ctx, &request, nullptr);
        scene.log(queue);  // others call meanwhile
        std::this_thread::yield();
        if (problem == nullptr || std::string(problem).find("'" + queue + "'") == std::string::npos)
          ++wrong;
        if (!scene.queue("mail", "low").empty()) ++wrong;
        (void)table.is_cancelled(table.ctx);
        (void)table.config(table.ctx, "nothing");
      }
    });
  for (std::uint64_t run = 1; run < 50; ++run) scene.progress.cancel(run % 2);
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(scene.frames().size() == std::size_t{2} * kThreads * kTimes);
}

TEST_CASE("host: runs that change under threads which ask are no race") {
  RunnerScene scene;
  std::atomic<bool> is_over{false};
  std::thread asking([&] {
    while (!is_over) (void)scene.table().is_cancelled(scene.table().ctx);
  });
  for (std::uint64_t run = 1; run < 1000; ++run) scene.host.begin_run(run);
  is_over = true;
  asking.join();
  CHECK(scene.frames().empty());
}

TEST_CASE("host: a thread that outlives its run neither speaks nor queues for the next one") {
  RunnerScene scene;
  std::atomic<bool> is_next{false};
  std::string answer;
  scene.host.begin_run(1);
  std::thread late([&] {
    while (!is_next) std::this_thread::yield();
    const auto& table = scene.table();
    scene.log("late");
    answer = scene.queue("mail");
    table.set_reason(table.ctx, "late", 4);
    table.set_snooze(table.ctx, 5);
    table.set_retry(table.ctx, 5);
    CHECK(table.is_cancelled(table.ctx) == 1);
  });
  scene.host.begin_run(0);
  scene.host.begin_run(2);
  is_next = true;
  late.join();
  CHECK(answer.starts_with("the event that started this thread has ended"));
  CHECK(scene.host.take_reason().empty());
  CHECK(scene.host.snooze_ms() == 0);
  CHECK(scene.host.retry_ms() == 0);
  const auto frames = scene.frames();
  REQUIRE(frames.size() == 1);
  const auto line = decode<LogFrame>(frames[0].second);
  REQUIRE(line);
  CHECK(line->number == 0);
  CHECK(line->text == "from a thread that outlived its event: late");
}

TEST_CASE("host: a line of a megabyte is cut, and says so") {
  RunnerScene scene;
  scene.host.begin_run(1);
  scene.log(std::string(1 << 20, 'x'));
  const auto frames = scene.frames();
  REQUIRE(frames.size() == 1);
  const auto line = decode<LogFrame>(frames[0].second);
  REQUIRE(line);
  CHECK(line->text.size() < 66000);
  CHECK(line->text.ends_with("x [cut: it had 1048576 bytes]"));
}

// GCC 12's ThreadSanitizer knows no threads that pthread_create has not begun, and dies of them.
#ifdef __SANITIZE_THREAD__
constexpr bool kOnlyKnowsPthreads = true;
#else
constexpr bool kOnlyKnowsPthreads = false;
#endif

TEST_CASE("host: a thread of C11 is of its run, and of the C library's own none is" *
          doctest::skip(kOnlyKnowsPthreads)) {
  RunnerScene scene;
  scene.host.begin_run(1);
  struct Asked {
    RunnerScene& scene;
    std::string answer{};
    std::atomic<bool> is_over{false};
  };
  const auto ask = [](void* asked) {
    auto& by = *static_cast<Asked*>(asked);
    by.answer = by.scene.queue("mail");
    by.is_over = true;
    return 0;
  };
  Asked of_run{scene};
  thrd_t thread;
  REQUIRE(::thrd_create(&thread, ask, &of_run) == thrd_success);
  ::thrd_join(thread, nullptr);
  CHECK(of_run.answer.empty());
  Asked of_timer{scene};
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_value.sival_ptr = &of_timer;
  event.sigev_notify_function = [](sigval value) {
    auto& by = *static_cast<Asked*>(value.sival_ptr);
    by.answer = by.scene.queue("mail");
    by.is_over = true;
  };
  timer_t timer;
  REQUIRE(::timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  const itimerspec soon{{0, 0}, {0, 1}};
  REQUIRE(::timer_settime(timer, 0, &soon, nullptr) == 0);
  scene.host.begin_run(2);
  while (!of_timer.is_over) std::this_thread::yield();
  ::timer_delete(timer);
  CHECK(of_timer.answer.starts_with("the event that started this thread has ended"));
}

TEST_CASE("host: threads of the run, and those that were there before, speak and queue for it") {
  RunnerScene scene;
  std::atomic<int> turn{0};
  std::string of_pool, of_run, of_grandchild;
  std::thread pool([&] {
    while (turn == 0) std::this_thread::yield();
    of_pool = scene.queue("mail");
    turn = 2;
  });
  scene.host.begin_run(1);
  scene.host.begin_run(2);
  turn = 1;
  while (turn != 2) std::this_thread::yield();
  std::thread([&] {
    of_run = scene.queue("mail");
    std::thread([&] { of_grandchild = scene.queue("mail"); }).join();
  }).join();
  pool.join();
  CHECK(of_pool.empty());
  CHECK(of_run.empty());
  CHECK(of_grandchild.empty());
}

TEST_CASE("host: what a handler says of its failure is cut where nobody reads on") {
  RunnerScene scene;
  scene.host.begin_run(1);
  const std::string large(std::size_t{100} << 20, 'x');
  scene.table().set_reason(scene.table().ctx, large.data(), large.size());
  CHECK(scene.host.take_reason().size() == 65536);
}
