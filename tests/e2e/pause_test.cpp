// Queues that are paused for all pollers, and pollers that are quiet.
#include <csignal>
#include <nlohmann/json.hpp>

#include "site.hpp"

namespace {

void tell_node(const Site& site, const std::string& verb) {
  site.rabbitmq({verb});
  rabbit::restarted();
}

// How many events of this queue have started.
std::size_t started(const Site& site, const std::string& queue) {
  std::size_t count = 0;
  for (const auto& line : site.lines("ran"))
    if (contains(line, " " + queue + " ")) ++count;
  return count;
}

// Events of this queue run to their end, so the pollers have done all that they had to do before.
void run_some(const Site& site, const std::string& queue, std::size_t count) {
  const auto before = started(site, queue);
  for (std::size_t i = 0; i < count; ++i) rabbit::queue("sleep", site.params("ran"), queue);
  REQUIRE(wait_until([&] { return started(site, queue) == before + count; }));
}

nlohmann::json status_of(Site& site) {
  return nlohmann::json::parse(site.actiond({"status", "--json"}).out);
}

nlohmann::json queue_in(const nlohmann::json& status, const std::string& name) {
  for (const auto& queue : status["queues"])
    if (queue["name"] == name) return queue;
  FAIL("status tells nothing of the queue ", name);
  return {};
}

std::string state_of_poller(Site& site) {
  const auto status = status_of(site);
  return status["pollers"].size() == 1 ? status["pollers"][0].value("state", "") : "";
}

// At the end the queues of the next case are as any.
class Paused {
 public:
  Paused(Site& site, const std::string& queue, const std::string& reason)
      : site_(site), queue_(queue) {
    const Ran ran = site.actiond({"pause", queue, "--reason", reason});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }
  ~Paused() { (void)site_.actiond({"resume", queue_}); }
  Paused(const Paused&) = delete;
  Paused& operator=(const Paused&) = delete;

 private:
  Site& site_;
  std::string queue_;
};

}  // namespace

TEST_CASE("pause: eight pollers start nothing more of it, whoever is killed, until it is resumed") {
  NEEDS_NODE();
  Site site("", {"sleeper"});
  for (int id = 1; id <= 8; ++id) site.start(id);
  {
    rabbit::Publishing publishing;
    publishing.queue("sleep", site.params("ran", R"("ms": 50)"), "high", 4000);
  }
  REQUIRE(wait_until([&] { return started(site, "high") > 16; }));
  {
    const Paused paused(site, "high", "too much mail");
    for (int id = 1; id <= 8; ++id) REQUIRE(site.wait_for_log("the queue high is paused", id, 6s));
    run_some(site, "low", 8);  // those below it are not held up
    const auto before = started(site, "high");
    run_some(site, "low", 40);
    CHECK(started(site, "high") == before);
    CHECK(rabbit::ready("high") == 4000 - before);

    for (const pid_t pid : site.pollers()) ::kill(pid, SIGKILL);
    tell_node(site, "kill");
    tell_node(site, "start");
    for (int id = 1; id <= 2; ++id) site.start(id);
    run_some(site, "low", 40);
    CHECK(started(site, "high") == before);
    const auto high = queue_in(status_of(site), "high");
    CHECK(high.value("paused", false));
    CHECK(high["pause"].value("reason", "") == "too much mail");
    CHECK(contains(high["pause"].value("by", ""), "@"));
    CHECK(contains(site.actiond({"metrics"}).out, "actiond_queue_paused{queue=\"high\"} 1\n"));
  }
  const auto before = started(site, "high");
  REQUIRE(wait_until([&] { return started(site, "high") > before; }, 6s));
}

TEST_CASE("pause: in a queue file as well") {
  Site site("", {"sleeper"}, Site::kWithoutRabbit);
  site.configure("", "sqlite:../queue.db");
  site.start();
  {
    const Paused paused(site, "high", "");
    REQUIRE(site.wait_for_log("the queue high is paused"));
    for (const char* queue : {"high", "low"})
      REQUIRE(site.actiond({"enqueue", "sleep", site.params("ran"), "--queue", queue}).status == 0);
    REQUIRE(wait_until([&] { return started(site, "low") == 1; }));
    CHECK(started(site, "high") == 0);
    CHECK(queue_in(status_of(site), "high").value("ready", 0) == 1);
  }
  CHECK(wait_until([&] { return started(site, "high") == 1; }));
}

TEST_CASE("pause: a queue that there is not is a sentence, as is nothing to resume") {
  Site site("", {}, Site::kWithoutRabbit);
  site.configure("", "sqlite:../queue.db");
  const Ran unknown = site.actiond({"pause", "hihg"});
  CHECK(unknown.status == 1);
  CHECK(contains(unknown.err, "unknown queue 'hihg': did you mean 'high'?"));
  CHECK(contains(site.actiond({"resume", "high"}).out, "nothing was paused of high"));
  CHECK(site.actiond({"resume"}).status == 2);
  CHECK(site.actiond({"resume", "high", "--id", "1"}).status == 2);
  const Ran nobody = site.actiond({"quiet", "--id", "7"});
  CHECK(nobody.status == 1);
  CHECK(contains(nobody.err, "no poller 7 runs"));
}

TEST_CASE("quiet: what runs goes on, nothing new starts, and a successor is quiet as well") {
  Site site("", {"sleeper"}, Site::kWithoutRabbit);
  site.configure("", "sqlite:../queue.db");
  const pid_t first = site.start();
  const auto queue = [&site](const std::string& more) {
    REQUIRE(site.actiond({"enqueue", "sleep", site.params("ran", more)}).status == 0);
  };
  queue(R"("ms": 500)");
  REQUIRE(site.wait_for_lines("ran", 1));
  REQUIRE(site.actiond({"quiet", "--id", "1"}).status == 0);
  CHECK(state_of_poller(site) == "quiet");
  queue(R"("n": 2)");
  REQUIRE(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(site.start() != first);
  REQUIRE(wait_until([&] { return state_of_poller(site) == "quiet"; }));
  CHECK(site.actiond({"health"}).status == 0);
  CHECK(queue_in(status_of(site), "medium").value("ready", 0) == 1);
  CHECK(site.lines("ran").size() == 1);
  REQUIRE(site.actiond({"resume", "--id", "1"}).status == 0);
  CHECK(site.wait_for_lines("ran", 2));
}
