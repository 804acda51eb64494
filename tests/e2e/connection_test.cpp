// Connections that end, or that nothing more is heard of, while the broker itself stays up.
#include <signal.h>

#include <fstream>
#include <future>
#include <thread>

#include "site.hpp"

namespace {

// Does nothing while this lives, as if the network were gone: what is sent to it is not answered.
class FrozenBroker {
 public:
  FrozenBroker() { ::kill(pid_, SIGSTOP); }
  ~FrozenBroker() { ::kill(pid_, SIGCONT); }

 private:
  pid_t pid_ = std::stoi(read_text(test_rabbitmq_dir() + "/beam.pid"));
};

// It reads nothing more of who publishes while this lives.
class Alarm {
 public:
  explicit Alarm(const Site& site) : site_(site) { set({"0.0000001"}); }
  ~Alarm() { set({"absolute", "1GB"}); }

 private:
  void set(std::vector<std::string> to) {
    to.insert(to.begin(), {"ctl", "-q", "set_vm_memory_high_watermark"});
    site_.rabbitmq(to);
  }
  const Site& site_;
};

// Behind what the kernel takes for a broker that reads nothing.
const std::string kLarge = std::string(R"("pad": ")") + std::string(32 << 20, 'x') + '"';
// To read it takes a test's plugin, which is not optimised, seconds of its CPU.
constexpr auto kLargeTime = 60s;

// Also while the broker does nothing.
void check_answers(Site& site, const std::string& state) {
  CHECK(wait_until([&] { return contains(site.actiond({"status"}).out, state); }));
  CHECK_FALSE(contains(site.log(), "stood still"));
}

// Connections that begin meanwhile may have no more than four.
class FewChannels {
 public:
  explicit FewChannels(const Site& site) : site_(site) { allow("4"); }
  ~FewChannels() { allow("2047"); }
  FewChannels(const FewChannels&) = delete;
  FewChannels& operator=(const FewChannels&) = delete;

 private:
  void allow(const std::string& number) const {
    site_.rabbitmq(
        {"ctl", "-q", "eval", "application:set_env(rabbit, channel_max, " + number + ")."});
  }

  const Site& site_;
};

// All of the broker's, the tests' own as well.
void close_all_connections(const Site& site) {
  site.rabbitmq({"ctl", "-q", "close_all_connections", "--global", "for a test"});
  rabbit::disconnect();
}

}  // namespace

TEST_CASE("connection: of several brokers the first that answers is used, also when it is lost") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  site.configure("", std::string("amqp://guest:guest@127.0.0.1:1/%2f") + "\", \"" + test_broker());
  std::string yaml = read_text(site.path("config/actiond.yaml"));
  yaml.replace(yaml.find('"'), 1, "[\"").replace(yaml.find('\n'), 1, "]\n");
  std::ofstream(site.path("config/actiond.yaml")) << yaml;
  site.start();
  close_all_connections(site);
  CHECK(site.wait_for_log(" is back"));
  CHECK(site.wait_for_log("for a test"));
  CHECK(times_lost(site) == 1);
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE("connection: a long event runs once, whatever connections are lost meanwhile") {
  NEEDS_NODE();
  Site site("retry: {attempts: 3, initial: 150ms, factor: 1, jitter: 0}", {"sleeper"});
  site.start();
  std::size_t runs = 1;
  SUBCASE("it ends well") {
    rabbit::queue("sleep", site.params("ran", R"("ms": 4000)"));
  }
  SUBCASE("it fails, and is tried again") {
    rabbit::queue("sleep", site.params("ran", R"("ms": 4000, "fails_once": true)"));
    runs = 2;
  }
  REQUIRE(site.wait_for_lines("ran", 1));
  for (int times = 1; times <= 2; ++times) {
    close_all_connections(site);
    REQUIRE(wait_until([&] { return count_of(site.log(), " is back") == times; }));
  }
  CHECK(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
  CHECK(site.lines("ran").size() == runs);
  CHECK(count_of(site.log(), "Error processing") == static_cast<int>(runs) - 1);
  CHECK(rabbit::ready("medium") == 0);  // acknowledged: nothing came back
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("connection: where channels are few, what needs more of them is left out, and said") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  {
    const FewChannels few(site);
    site.start();
    CHECK(
        site.wait_for_log("other machines can't reach this poller: the broker allows 4 channels"));
    const Ran queued =
        site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")"), "--unique", "k"});
    CHECK_MESSAGE(queued.status == 0, queued.err);
  }
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.wait_for_log("unique keys are ignored here: the broker allows 4 channels"));
  CHECK(times_lost(site) == 0);
}

TEST_CASE("connection: a broker that does not answer any more is given up after two heartbeats") {
  NEEDS_NODE();
  Site site("", {"recorder"});
  site.configure("", test_broker() + "?heartbeat=1");
  site.start();
  rabbit::disconnect();
  {
    const FrozenBroker frozen;
    CHECK(wait_until([&] { return times_lost(site) == 1; }));
  }
  CHECK(site.wait_for_log(" is back"));
  rabbit::queue("record", site.params("ran", R"("text": "x")"));
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE("connection: while an alarm blocks publishers, status says so, and a retry waits") {
  NEEDS_NODE();
  Site site("retry: {attempts: 2, initial: 125ms}", {"throws"});
  rabbit::queue("throws", site.params("ran", R"("succeeds_at": 2)"));
  {
    const Alarm alarm(site);
    site.start();
    CHECK(site.wait_for_lines("ran", 1));
    CHECK(wait_until(
        [&] { return contains(site.actiond({"status"}).out, "blocked by the broker"); }));
    CHECK(site.lines("ran") == std::vector<std::string>{"1"});
  }
  CHECK(site.wait_for_lines("ran", 2));
  CHECK(site.wait_for_log("Finished processing medium:throws"));
  CHECK(times_lost(site) == 0);
}

TEST_CASE("connection: in an alarm commands say so after a while") {
  NEEDS_NODE();
  Site site("retry: {attempts: 1}", {"throws", "recorder"});
  site.start();
  rabbit::queue("throws", site.params("failed", R"("succeeds_at": 9)"));
  REQUIRE(wait_until([] { return rabbit::ready("dead") == 1; }));
  const Alarm alarm(site);
  const auto since = std::chrono::steady_clock::now();
  std::vector<std::future<Ran>> commands;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"enqueue", "record"}, {"check"}, {"dead", "retry", "--all"}})
    commands.push_back(
        std::async(std::launch::async, [&site, words] { return site.actiond(words); }));
  for (auto& command : commands) {
    const Ran ran = command.get();
    CHECK(ran.status == 1);
    CHECK_MESSAGE(contains(ran.out + ran.err, "low on memory"), ran.out, ran.err);
  }
  CHECK(std::chrono::steady_clock::now() - since < 20s);
}

TEST_CASE("connection: a large failure in an alarm holds up nothing, and a stop gives it up") {
  NEEDS_NODE();
  Site site("retry: {attempts: 2, initial: 125ms}", {"throws"});
  site.configure("retry: {attempts: 2, initial: 125ms}", test_broker() + "?heartbeat=1");
  rabbit::queue("throws", site.params("ran", R"("succeeds_at": 2, )" + kLarge));
  {
    const Alarm alarm(site);
    site.start();
    CHECK(site.wait_for_lines("ran", 1, kLargeTime));
    check_answers(site, "blocked by the broker");
    // Longer than the broker, or the poller, would wait for the other's heartbeats.
    std::this_thread::sleep_for(4s);
    CHECK(times_lost(site) == 0);
    check_answers(site, "blocked by the broker");
    const auto began = std::chrono::steady_clock::now();
    SUBCASE("after its time") {
      CHECK(site.actiond({"stop", "--id", "1", "--timeout", "1s"}).status == 0);
    }
    SUBCASE("now") {
      CHECK(site.actiond({"stop", "--id", "1", "--now"}).status == 0);
    }
    CHECK(std::chrono::steady_clock::now() - began < 10s);
    CHECK(site.wait_for_log("is given up, for the broker has not confirmed it"));
  }
  site.start();  // it was offered again, and its failure is stored now
  CHECK(site.wait_for_log("Finished processing medium:throws", 1, kLargeTime));
  CHECK(rabbit::ready("medium") == 0);
}

TEST_CASE("connection: one that is replaced in an alarm leaves as well") {
  NEEDS_NODE();
  const std::string yaml = "shutdown_timeout: 2s\nretry: {attempts: 2, initial: 125ms}";
  Site site(yaml, {"throws"});
  rabbit::queue("throws", site.params("ran", R"("succeeds_at": 2)"));
  {
    const Alarm alarm(site);
    const pid_t replaced = site.start();
    CHECK(site.wait_for_lines("ran", 1));
    check_answers(site, "blocked by the broker");
    site.start();
    CHECK(wait_until([&] { return ::kill(replaced, 0) != 0; }));
  }
  CHECK(site.wait_for_lines("ran", 3));
}

TEST_CASE("connection: a broker that stops in mid-send holds up nothing") {
  NEEDS_NODE();
  Site site("retry: {attempts: 2, initial: 125ms}", {"sleeper"});
  rabbit::queue("sleep", site.params("ran", R"("ms": 1000, "fails_once": true, )" + kLarge));
  const pid_t pid = site.start();
  rabbit::disconnect();
  CHECK(site.wait_for_lines("ran", 1, kLargeTime));
  {
    const FrozenBroker frozen;
    check_answers(site, "blocked by the broker");
    ::kill(pid, SIGTERM);
    check_answers(site, "leaving");
    ::kill(pid, SIGTERM);
    CHECK(wait_until([&] { return ::kill(pid, 0) != 0; }));
    CHECK_FALSE(contains(site.log(), "stood still"));
  }
  site.start();
  CHECK(site.wait_for_log("Finished processing medium:sleep", 1, kLargeTime));
}
