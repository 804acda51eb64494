// The PID file: who is the poller of an id, and how it is told to leave.
#include <signal.h>

#include <chrono>
#include <fstream>
#include <regex>

#include "site.hpp"

namespace fs = std::filesystem;

namespace {

// A poller with a handler in hand that takes so long.
pid_t start_with_sleeper(Site& site, int ms) {
  const pid_t poller = site.start();
  rabbit::queue("sleep", site.params("slept", "\"ms\": " + std::to_string(ms)));
  REQUIRE(site.wait_for_lines("slept", 1));
  return poller;
}

void check_finishes_and_leaves(Site& site, pid_t poller) {
  CHECK(wait_until([=] { return !is_running(poller); }));
  CHECK(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(site.lines("slept").size() == 1);
  CHECK(rabbit::ready("medium") == 0);
}

}  // namespace

TEST_CASE("pid file: it holds the pid that start prints, a nonce, and where that is") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const pid_t poller = site.start(7);
  const auto lines = read_lines(site.pid_file(7));
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == std::to_string(poller));
  CHECK(
      std::regex_match(lines[1], std::regex("[0-9]+-[0-9a-f]{8,}")));  // what tells it from others
  CHECK(contains(lines[2], "host "));
  CHECK(site.pollers() == std::vector<pid_t>{poller});
}

TEST_CASE("pid file: start with a range starts them all") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const Ran ran = site.actiond({"start", "--id", "1..3", "-d"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(count_of(ran.out, "\n") == 3);
  CHECK(site.pollers().size() == 3);
  CHECK(wait_until([] { return rabbit::consumers("medium") == 3; }));
}

TEST_CASE("pid file: an idle poller leaves at once when it is removed") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const pid_t poller = site.start();
  fs::remove(site.pid_file(1));
  CHECK(wait_until([=] { return !is_running(poller); }, 5s));
  CHECK(site.wait_for_log("has left"));
  CHECK(!fs::exists(site.pid_file(1)));
}

TEST_CASE("pid file: a busy poller finishes its message when it is removed, and takes no other") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  const pid_t poller = start_with_sleeper(site, 1500);
  fs::remove(site.pid_file(1));
  rabbit::queue("sleep", site.params("slept"), "high");
  CHECK(wait_until([=] { return !is_running(poller); }));
  CHECK(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(site.lines("slept").size() == 1);
  CHECK(rabbit::ready("high") == 1);
  CHECK(rabbit::ready("medium") == 0);
}

TEST_CASE("pid file: a poller leaves when another name is in it, and leaves the file as it is") {
  NEEDS_BROKER();
  for (const std::string foreign : {"1\n", "", "no number\n", "999999999\nnonce\n"}) {
    CAPTURE(foreign);
    Site site("", {"hello_world"});
    const pid_t poller = site.start();
    std::ofstream(site.pid_file(1)) << foreign;
    CHECK(wait_until([=] { return !is_running(poller); }, 5s));
    CHECK(read_text(site.pid_file(1)) == foreign);
  }
}

TEST_CASE("pid file: one that names a foreign process harms nobody") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const Process stranger({"sleep", "600"}, site.path("output/stranger"));
  fs::create_directory(site.path("run"));
  for (const std::string nonce : {"", "\n", "\n12345-0123456789abcdef\n"}) {
    CAPTURE(nonce);
    const std::string text = std::to_string(stranger.pid()) + nonce;
    std::ofstream(site.pid_file(1)) << text;
    CHECK(site.actiond({"stop", "--id", "1"}).status == 1);
    CHECK(stranger.is_alive());
    std::ofstream(site.pid_file(1)) << text;
    const pid_t poller = site.start();
    CHECK(stranger.is_alive());
    CHECK(site.recorded_pid(1) == poller);
    CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
    CHECK(stranger.is_alive());
  }
}

TEST_CASE("pid file: several starts of one id at once end with one poller, and all say yes") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  std::vector<std::unique_ptr<Process>> starting;
  for (int i = 0; i < 4; ++i) starting.push_back(site.begin({"start", "--id", "1"}));
  std::vector<pid_t> started;
  for (const auto& process : starting) {
    const Ran ran = process->wait();
    CHECK_MESSAGE(ran.status == 0, ran.err);
    started.push_back(std::stoi(ran.out));
  }
  CHECK(wait_until([&] { return site.pollers().size() == 1; }));
  REQUIRE(site.pollers().size() == 1);
  CHECK(site.pollers()[0] == site.recorded_pid(1));
  CHECK(std::count(started.begin(), started.end(), site.recorded_pid(1)) == 1);
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE("pid file: SIGTERM lets the message in hand finish") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  const pid_t poller = start_with_sleeper(site, 1500);
  ::kill(poller, SIGTERM);
  check_finishes_and_leaves(site, poller);
  CHECK(!fs::exists(site.pid_file(1)));
}

TEST_CASE("pid file: stop lets the message in hand finish, and waits for it") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  const pid_t poller = start_with_sleeper(site, 1500);
  const Ran ran = site.actiond({"stop", "--id", "1"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(!is_running(poller));
  check_finishes_and_leaves(site, poller);
  CHECK(site.actiond({"stop", "--id", "1"}).status == 1);
}

TEST_CASE("pid file: stop --now kills the handler, and its message is in the queue again") {
  NEEDS_BROKER();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"stop", "--id", "1", "--now"},
        std::vector<std::string>{"stop", "--all", "--timeout", "300ms"}}) {
    CAPTURE(words.back());
    Site site("", {"sleeper"});
    const pid_t poller = start_with_sleeper(site, 60000);
    const Ran ran = site.actiond(words);
    CHECK_MESSAGE(ran.status == 0, ran.err);
    CHECK(!is_running(poller));
    CHECK(site.pollers().empty());
    CHECK(wait_until([] { return rabbit::ready("medium") == 1; }));
    const auto back = rabbit::take_all("medium");
    REQUIRE(back.size() == 1);
    CHECK(back[0].is_redelivered);
    CHECK(rabbit::ready("dead") == 0);
  }
}

TEST_CASE("pid file: Ctrl-C lets run finish, and a second one gives the message back") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  const auto running = site.begin({"run"});
  rabbit::queue("sleep", site.params("slept", R"("ms": 60000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  CHECK(!fs::exists(site.pid_file(1)));
  running->signal(SIGINT);
  CHECK(wait_until([&] { return contains(running->out() + running->err(), "leaving"); }));
  CHECK(running->is_alive());
  running->signal(SIGINT);
  CHECK(running->wait(10s).status == 0);
  CHECK(wait_until([] { return rabbit::ready("medium") == 1; }));
  CHECK(site.lines("slept").size() == 1);
}

TEST_CASE("pid file: restart needs a poller that runs, and takes its place") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const Ran refused = site.actiond({"restart", "--id", "1"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "no poller 1 runs"));
  const pid_t old_poller = site.start();
  const Ran ran = site.actiond({"restart", "--id", "1"});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(site.recorded_pid(1) != old_poller);
  CHECK(wait_until([=] { return !is_running(old_poller); }));
}
