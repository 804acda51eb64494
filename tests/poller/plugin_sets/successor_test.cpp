#include "poller/plugin_sets/successor.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "../fake_clock.hpp"
#include "../log_scene.hpp"
#include "poller/plugin_sets/start_limit.hpp"

using namespace actiond;
using namespace std::chrono_literals;

// What is started is this program: the case that its words choose is the successor.
TEST_CASE("successor: as one that is stopped" * doctest::skip()) {
  ::raise(SIGSTOP);
}

namespace {

constexpr auto kLimit = 1min;

// Returns once it has stopped.
UniqueFd stopped_child() {
  siginfo_t info{};
  REQUIRE(::waitid(P_ALL, 0, &info, WSTOPPED | WNOWAIT) == 0);
  return open_process(info.si_pid);
}

bool ends(const UniqueFd& process) {
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, 20000) == 1;
}

struct SuccessorScene {
  boost::asio::io_context io;
  FakeClock clock;
  std::optional<Result<void>> told;
  std::unique_ptr<Successor> successor;

  explicit SuccessorScene(const std::string& test_case) {
    auto started = Successor::start(io, clock, kLimit, {"-tc=" + test_case, "--no-skip"},
                                    [this](const Result<void>& end) {
                                      told = end;
                                      successor.reset();
                                    });
    REQUIRE(started.ok());
    successor = std::move(*started);
  }
};

}  // namespace

TEST_CASE("successor: one that says nothing within its limit is killed, though it is stopped") {
  SuccessorScene scene("successor: as one that is stopped");
  const auto process = stopped_child();
  scene.clock.advance(kLimit - 1ms);
  CHECK_FALSE(scene.told);
  scene.clock.advance(1ms);
  REQUIRE(scene.told);
  REQUIRE_FALSE(*scene.told);
  CHECK(scene.told->error().text.starts_with("it was not at work within 1m, and was killed"));
  CHECK(ends(process));
}

TEST_CASE("successor: to give up one that is stopped is not to wait for it") {
  SuccessorScene scene("successor: as one that is stopped");
  const auto process = stopped_child();
  scene.successor.reset();
  CHECK(ends(process));
  CHECK_FALSE(scene.told);
}

TEST_CASE("successor: one that has ended well is told of, and has no limit any more") {
  SuccessorScene scene("no case has this name");
  while (!scene.told) scene.io.run_one();
  CHECK(scene.told->ok());
  CHECK_FALSE(scene.clock.is_any_set());
}

TEST_CASE("successor: its limit leaves each plugin its time, and grows with the brokers") {
  LogScene scene;
  Config config;
  config.plugins = scene.directory / "plugins.d";
  std::filesystem::create_directories(config.plugins);
  const auto without = start_limit(config);
  CHECK(without >= 30s);
  config.load_timeout.standard = 20s;
  config.load_timeout.plugins["slow.so"] = 10min;
  for (const char* name : {"slow.so", "quick.so"}) std::ofstream(config.plugins / name) << "x";
  CHECK(start_limit(config) == without + 2 * (10min + 20s));
  const auto with_one = start_limit(config);
  config.brokers.push_back(config.brokers.front());
  CHECK(start_limit(config) > with_one);
  CHECK(successor_limit(config) > start_limit(config));
  config.load_timeout.standard = std::chrono::hours(24) * 36'500;
  CHECK(start_limit(config) == config.load_timeout.standard);
}
