// A cluster of three nodes with replicated queues, of which any one may be killed at any moment.
// Its tests are run by own_broker.sh with --nodes 3: ACTION_TEST_BROKER is the list of all of them.
#include <action/client.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "site.hpp"

using Clock = std::chrono::steady_clock;

namespace {

constexpr int kNodes = 3;
constexpr int kClusterEvents = 4000;
constexpr int kEventsOfEachNode = kClusterEvents / (kNodes + 1);
constexpr auto kAtWorkAgain = 10s;  // after a node's death

bool is_cluster() {
  return std::filesystem::exists(test_rabbitmq_dir() + "/nodes");
}

// Queues events all the time, every tenth of them for a little later.
class Load {
 public:
  explicit Load(const Site& site) : file_(site.path("ran")), thread_([this] { run(); }) {}
  ~Load() {
    if (thread_.joinable()) thread_.join();
  }
  void wait_for(int queued) {
    REQUIRE(wait_until([&] { return queued_ >= queued || !problem_.empty(); }, 120s));
  }
  // Why it ended before its time; "" if it did not.
  std::string problem() {
    thread_.join();
    return problem_;
  }

 private:
  void run() {
    try {
      action::Client client(test_broker(), {.application = rabbit::application(),
                                            .queue_type = action::QueueType::Quorum,
                                            .timeout = 60s});
      for (int i = 0; i < kClusterEvents; ++i) {
        client.queue_action_event("record", {{"file", file_}, {"text", std::to_string(i)}},
                                  {.queue = "high", .in = i % 10 == 0 ? 500ms : 0ms});
        queued_ = i + 1;
        std::this_thread::sleep_for(4ms);  // its rate
      }
    } catch (const std::exception& error) {
      problem_ = error.what();
    }
  }

  std::string file_;
  std::atomic<int> queued_{0};
  std::string problem_;
  std::thread thread_;
};

// All nodes, as a list of YAML's between the quotes that the site writes.
std::string nodes() {
  std::string list = test_broker();
  for (auto at = list.find(' '); at != std::string::npos; at = list.find(' ', at + 3))
    list.replace(at, 1, "\", \"");
  return list;
}

void configure(Site& site, const std::string& line) {
  site.configure(line, nodes());
  std::string yaml = read_text(site.path("config/actiond.yaml"));
  yaml.replace(yaml.find('"'), 1, "[\"").replace(yaml.find('\n'), 1, "]\n");
  std::ofstream(site.path("config/actiond.yaml")) << yaml;
}

std::string url_of(int node) {
  std::istringstream list(test_broker());
  std::string url;
  while (node-- > 0) list >> url;
  return url;
}

std::set<std::string> ran(const Site& site) {
  const auto lines = site.lines("ran");
  return {lines.begin(), lines.end()};
}

// An event queued by the command runs in time.
void is_at_work(Site& site, const std::string& text, Clock::time_point since) {
  const auto queued = site.actiond(
      {"enqueue", "record", site.params("ran", "\"text\": \"" + text + "\""), "--queue", "high"});
  CHECK_MESSAGE(queued.status == 0, queued.err);
  CHECK(wait_until([&] { return ran(site).contains(text); }));
  CHECK(Clock::now() - since < kAtWorkAgain);
}

// Of this queue nothing runs until it is resumed, whatever is lost meanwhile.
void pause_low(Site& site) {
  CHECK(site.actiond({"pause", "low"}).status == 0);
  for (const int id : {1, 2})
    CHECK(wait_until([&] { return contains(site.log(id), "the queue low is paused"); }));
  const auto queued = site.actiond(
      {"enqueue", "record", site.params("ran", R"("text": "paused")"), "--queue", "low"});
  CHECK_MESSAGE(queued.status == 0, queued.err);
}

}  // namespace

TEST_CASE("cluster: no single node is needed, and none takes an event along") {
  if (!is_cluster()) SKIP_TEST("ACTION_TEST_RABBITMQ_DIR names no cluster");
  Site site("", {"recorder"}, Site::kWithoutRabbit);
  configure(site, "queue_type: quorum");
  site.start(1);
  site.start(2);
  const Ran check = site.actiond({"check"});
  CHECK_MESSAGE(check.status == 0, check.out);
  CHECK(!contains(check.out, "classic"));
  pause_low(site);
  Load load(site);
  for (int node = 1; node <= kNodes; ++node) {
    CAPTURE(node);
    load.wait_for(node * kEventsOfEachNode);
    site.rabbitmq({"--node", std::to_string(node), "kill"});
    is_at_work(site, "without " + std::to_string(node), Clock::now());
    CHECK(
        wait_until([&] { return contains(site.actiond({"status"}).out, "paused"); }, kAtWorkAgain));
    CHECK_FALSE(ran(site).contains("paused"));
    site.rabbitmq({"--node", std::to_string(node), "start"});
  }
  CHECK(site.actiond({"resume", "low"}).out.starts_with("resumed low"));
  CHECK(load.problem() == "");
  const std::size_t all = kClusterEvents + kNodes + 1;
  CHECK(wait_until([&] { return ran(site).size() == all; }, 60s));
  CHECK(ran(site).size() == all);
  CHECK(!contains(site.actiond({"dead", "list"}).out, "record"));
}

namespace {

// Another application, with classic queues, each of them on the node where it is used first. Its
// pollers know the first node only.
class ClassicQueues {
 public:
  explicit ClassicQueues(Site& site) : site_(site) {
    site.configure("queue_type: classic\nconcurrency: 2", url_of(1));
    std::string yaml = read_text(site.path("config/actiond.yaml"));
    yaml.replace(yaml.find(rabbit::application()), rabbit::application().size(), application_);
    std::ofstream(site.path("config/actiond.yaml")) << yaml;
  }
  std::string name(const std::string& queue) const { return application_ + "." + queue; }
  void queue(int node, const std::string& queue, const std::string& event, nlohmann::json more) {
    more["file"] = site_.path("ran").native();
    action::Client(url_of(node), {.application = application_})
        .queue_action_event(event, more, {.queue = queue});
  }

 private:
  Site& site_;
  std::string application_ = rabbit::application() + "_classic";
};

}  // namespace

TEST_CASE("cluster: a classic queue whose node is down stops no work on the others") {
  if (!is_cluster()) SKIP_TEST("ACTION_TEST_RABBITMQ_DIR names no cluster");
  Site site("", {"recorder"}, Site::kWithoutRabbit);
  ClassicQueues queues(site);
  queues.queue(2, "low", "record", {{"text", "low"}});  // that of dead letters is there as well
  // A quorum queue that is made while a node goes down may never have a member there.
  REQUIRE(site.actiond({"setup"}).status == 0);
  queues.queue(1, "medium", "record", {{"text", "medium"}});
  queues.queue(1, "high", "record", {{"text", "high"}});
  site.rabbitmq({"--node", "2", "kill"});
  // Until the others have chosen new leaders a node may answer nothing for as long as a start
  // waits.
  REQUIRE(wait_until([&] { return site.actiond({"start", "--id", "1"}).status == 0; }, 60s));
  CHECK(wait_until([&] { return ran(site).size() == 2; }));
  is_at_work(site, "without 2", Clock::now());
  CHECK(contains(site.log(), queues.name("dead") + "' is out of reach"));
  CHECK(times_lost(site) == 0);
  const Ran refused =
      site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")"), "--queue", "low"});
  CHECK(refused.status != 0);
  CHECK_MESSAGE(contains(refused.err, queues.name("low") + "' can't be used: "), refused.err);
  site.rabbitmq({"--node", "2", "start"});
  CHECK(wait_until([&] { return ran(site).contains("low"); }, 90s));
  CHECK(ran(site).size() == 4);
}

TEST_CASE("cluster: what runs while its classic queue's node is away does not run beside itself") {
  if (!is_cluster()) SKIP_TEST("ACTION_TEST_RABBITMQ_DIR names no cluster");
  Site site("", {"sleeper"}, Site::kWithoutRabbit);
  ClassicQueues queues(site);
  const auto end = site.path("end").native();
  queues.queue(2, "low", "sleep", {{"until", end}});
  queues.queue(1, "high", "sleep", {{"ms", 0}});
  site.start(1);
  REQUIRE(site.wait_for_lines("ran", 2));
  site.rabbitmq({"--node", "2", "kill"});
  CHECK(site.wait_for_log("or its node is down; it is made anew, or waited for"));
  site.rabbitmq({"--node", "2", "start"});
  // It depends on the broker whether the queue first takes the consumer or offers the event again.
  CHECK(wait_until(
      [&] {
        const auto log = site.log();
        return contains(log, "all queues are consumed again") ||
               contains(log, "is back, and offers again what is in hand");
      },
      90s));
  queues.queue(1, "low", "sleep", {{"ms", 0}});  // it comes after what was there
  CHECK(site.wait_for_lines("ran", 3));
  std::ofstream(end).put('\n');
  CHECK(wait_until([&] { return count_of(site.log(), "Finished processing low:sleep") == 2; }));
  CHECK(site.lines("ran").size() == 3);
}
