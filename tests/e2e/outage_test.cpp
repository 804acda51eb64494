// A broker that is absent, goes away and comes back.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "site.hpp"

namespace {

// Nobody listens there.
const char* kNoBroker = "amqp://guest:guest@127.0.0.1:1/%2f";

void node(const Site& site, const std::string& verb) {
  site.rabbitmq({verb});
  rabbit::restarted();
}

// While it lives no poller may reload: it is another's turn.
class OthersTurn {
 public:
  explicit OthersTurn(const Site& site)
      : fd_(::open(site.path("run/reload.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640)) {
    REQUIRE(::flock(fd_, LOCK_EX) == 0);
  }
  ~OthersTurn() { ::close(fd_); }
  OthersTurn(const OthersTurn&) = delete;
  OthersTurn& operator=(const OthersTurn&) = delete;

 private:
  int fd_;
};

int times_back(const Site& site) {
  return count_of(site.log(), " is back");
}

// What was said of outages, without the time.
std::vector<std::string> outages_in(const std::string& said) {
  std::vector<std::string> reasons;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);)
    if (contains(line, "trying again until it answers"))
      reasons.push_back(line.substr(line.find("] ") + 1));
  REQUIRE_FALSE(reasons.empty());
  return reasons;
}

}  // namespace

TEST_CASE("outage: start fails with a sentence if the broker is absent") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  site.configure("", kNoBroker);
  const Ran ran = site.actiond({"start", "--id", "1"});
  CHECK(ran.status == 1);
  CHECK(contains(ran.err, "can't connect to the broker at 127.0.0.1:1"));
  CHECK(count_of(ran.err, "\n") == 1);
  CHECK(!std::filesystem::exists(site.pid_file(1)));
  CHECK(site.pollers().empty());
}

TEST_CASE(
    "outage: a queue that is deleted under its poller is there again, and nothing runs twice") {
  NEEDS_BROKER();
  Site site("concurrency: 2", {"recorder", "sleeper"});
  site.start();
  rabbit::queue("sleep", site.params("slept", R"("ms": 3000, "n": 1)"), "high");
  REQUIRE(site.wait_for_log("Processing high:sleep"));
  rabbit::delete_queue("medium");
  CHECK(wait_until([] { return rabbit::exists("medium") && rabbit::consumers("medium") == 1; }));
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(count_of(site.log(), rabbit::queue_name("medium") + "' is gone") == 1);
  CHECK(site.wait_for_log("Finished processing high:sleep"));
  CHECK(count_of(site.log(), "Processing high:sleep") == 1);
  CHECK(times_lost(site) == 0);
  CHECK(site.pollers().size() == 1);
}

TEST_CASE("outage: only what was in hand and is offered again ends the connection") {
  NEEDS_BROKER();
  Site site("concurrency: 2", {"recorder", "sleeper"});
  const auto end = site.path("end").native();
  const RawMessage event{.type = "sleep",
                         .body = site.params("slept", R"("until": ")" + end + "\""),
                         .message_id = "the-same"};
  const pid_t poller = site.start();
  rabbit::publish("medium", event);
  REQUIRE(site.wait_for_lines("slept", 1));
  REQUIRE(::kill(poller, SIGSTOP) == 0);  // it hears of all this at once
  rabbit::delete_queue("medium");
  REQUIRE(site.actiond({"setup"}).status == 0);
  bool is_copy = false;
  SUBCASE("a copy") {
    is_copy = true;
  }
  SUBCASE("what another poller gave back") {}
  if (is_copy)
    rabbit::publish("medium", event);
  else
    rabbit::queue("record", site.params("ran", R"("text": "x")"));
  rabbit::give_back("medium");
  REQUIRE(::kill(poller, SIGCONT) == 0);
  if (is_copy)
    CHECK(site.wait_for_log("is back, and offers again what is in hand: connecting again"));
  else
    CHECK(site.wait_for_lines("ran", 1));
  CHECK(times_lost(site) == (is_copy ? 1 : 0));
  std::ofstream(end).put('\n');
  CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
  CHECK(site.lines("slept").size() == 1);
}

TEST_CASE(
    "outage: a dead letter whose queue is deleted is stored anew, and its event not run again") {
  NEEDS_BROKER();
  Site site("retry: {attempts: 1}", {"throws"});
  site.start();
  rabbit::delete_queue("dead");
  rabbit::queue("throws", site.params("failed", R"("succeeds_at": 9)"));
  REQUIRE(wait_until([] { return rabbit::exists("dead"); }));
  CHECK(rabbit::dead_letters().size() == 1);
  CHECK(site.lines("failed").size() == 1);
  CHECK(times_lost(site) == 0);
}

TEST_CASE("outage: run waits for an absent broker, says so once, and then works") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  node(site, "kill");
  const auto running = site.begin({"run"});
  const auto said = [&] { return running->out() + running->err(); };
  CHECK(wait_until([&] { return contains(said(), "trying again until it answers"); }));
  node(site, "start");
  CHECK(wait_until([&] { return contains(said(), "is at work"); }));
  // It is said again when the reason changes, which it may while the node starts.
  for (const auto& reason : outages_in(said())) CHECK(count_of(said(), reason) == 1);
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(running->is_alive());
}

TEST_CASE("outage: kill -9 of the broker loses nothing, and is told once, as is its return") {
  NEEDS_NODE();
  constexpr std::size_t kEvents = 3000;
  Site site("", {"sleeper", "recorder"});
  const pid_t poller = site.start();
  const std::string params = site.params("ran", R"("ms": 2, "n": {n})");
  rabbit::queue("sleep", params, "medium", kEvents);
  REQUIRE(site.wait_for_lines("ran", 100));
  node(site, "kill");
  CHECK(wait_until([&] { return times_lost(site) == 1; }));
  node(site, "start");
  CHECK(site.wait_for_log(" is back", 1, 60s));
  const auto numbers = [&] {
    std::set<std::string> all;
    for (const auto& line : site.lines("ran")) all.insert(line.substr(line.rfind(' ') + 1));
    return all.size();
  };
  CHECK(wait_until([&] { return numbers() == kEvents; }, 60s));
  CHECK(wait_until([] { return rabbit::ready("medium") == 0; }));
  CHECK(times_lost(site) == 1);
  CHECK(times_back(site) == 1);
  CHECK(site.pollers() == std::vector<pid_t>{poller});
  CHECK(rabbit::ready("dead") == 0);
  rabbit::queue("record", site.params("after", R"("text": "x")"));
  CHECK(site.wait_for_lines("after", 1));
}

// The broker passes on what fell due meanwhile before it knows where to. See scripts/rabbitmq.
TEST_CASE("outage: what falls due while the broker restarts runs when it is back, not early") {
  NEEDS_NODE();
  Site site("", {"chaos_v1"});
  site.start();
  const std::string params = site.params("ran") + "\n";
  std::map<std::string, std::int64_t> due_ms;  // at the earliest, by id
  for (int seconds = 2; seconds <= 12; ++seconds) {
    const std::int64_t now_ms = std::chrono::system_clock::now().time_since_epoch() / 1ms;
    const Ran ran = site.actiond({"enqueue", "chaos", "-", "--in", std::to_string(seconds) + "s"},
                                 params + params + params);
    std::istringstream ids(ran.out);
    for (std::string id; ids >> id;) due_ms[id] = now_ms + seconds * 1000;
  }
  REQUIRE(due_ms.size() == 33);
  node(site, "restart");
  CHECK(site.wait_for_lines("ran", due_ms.size(), 60s));
  for (const auto& line : site.lines("ran")) {
    const auto due = due_ms.find(line.substr(line.find(' ') + 1));
    REQUIRE(due != due_ms.end());
    CHECK(std::stoll(line) >= due->second);
  }
}

TEST_CASE("outage: a poller without its broker obeys its PID file, and its status tells why") {
  NEEDS_NODE();
  Site site("", {"hello_world"});
  const pid_t poller = site.start();
  node(site, "kill");
  REQUIRE(wait_until([&] { return times_lost(site) == 1; }));
  const Ran status = site.actiond({"status", "--json"});
  CHECK(status.status == 0);
  CHECK(contains(status.out, "\"pid\": " + std::to_string(poller)));
  CHECK(contains(status.out, "waiting for the broker"));
  std::filesystem::remove(site.pid_file(1));
  CHECK(wait_until([=] { return !is_running(poller); }, 10s));
  node(site, "start");
}

TEST_CASE("outage: the way back to the plugins before is gone to its end when the broker is back") {
  NEEDS_NODE();
  Site site("", {"version_v1"});
  site.start();
  site.uninstall("version_v1.so");
  site.install("version_v2");
  REQUIRE(wait_until([&] { return count_of(site.log(), "is at work") == 2; }));
  auto turn = std::make_unique<OthersTurn>(site);
  const pid_t given_up = site.recorded_pid(1);
  const auto rolling_back = site.begin({"rollback", "--id", "1"});
  REQUIRE(site.wait_for_log("rolled back by hand"));
  node(site, "kill");
  REQUIRE(wait_until([&] { return times_lost(site) == 1; }));
  node(site, "start");
  REQUIRE(wait_until([&] { return times_back(site) == 1; }));
  turn.reset();
  REQUIRE(wait_until([&] { return site.recorded_pid(1) != given_up; }));
  rabbit::queue("version", site.params("ran"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.lines("ran") == std::vector<std::string>{"v1 "});
}
