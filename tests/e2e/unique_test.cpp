// Unique keys, the whole way: with a queue in a file, which refuses a second event, and with
// RabbitMQ, where pollers drop it at its turn.
#include <action/client.hpp>
#include <csignal>
#include <mutex>
#include <set>
#include <thread>

#include "site.hpp"

namespace {

using nlohmann::json;

const std::string kRetry = "retry: {attempts: 3, initial: 300ms, jitter: 0}\n";

class UniqueSite : public Site {
 public:
  UniqueSite(Broker broker, const std::string& yaml)
      : Site(yaml, {"lonely"}, broker), address_(test_broker()) {
    if (broker == kRabbit) return;
    configure(yaml, "sqlite:../queue.db");
    address_ = "sqlite:" + path("queue.db").native();
  }
  action::Client client() const {
    return action::Client(address_, {.application = rabbit::application()});
  }
  json params_of(const std::string& key, int ms) const {
    return {{"file", path("ran").native()}, {"key", key}, {"ms", ms}};
  }
  // "ready" of its queues, and what pollers have in hand.
  std::size_t left() {
    const auto status = json::parse(actiond({"status", "--json"}).out);
    std::size_t left = 0;
    for (const auto& queue : status["queues"])
      if (queue["name"] != "dead") left += queue.value("ready", 1u) + queue.value("unacked", 0u);
    for (const auto& poller : status["pollers"]) left += poller["in_hand"].size();
    return left;
  }
  std::string logs() const {
    std::string text;
    for (int id = 1; id <= 4; ++id) text += log(id);
    return text;
  }

 private:
  std::string address_;
};

void both_ways(const std::string& yaml, const std::function<void(UniqueSite&, bool)>& test) {
  {
    CAPTURE("a queue in a file");
    UniqueSite site(Site::kWithoutRabbit, yaml);
    test(site, false);
  }
  CAPTURE("RabbitMQ");
  UniqueSite site(Site::kRabbit, yaml);
  test(site, true);
}

}  // namespace

TEST_CASE("unique: of five that wait one runs, and the next one that is queued later") {
  NEEDS_BROKER();
  both_ways("concurrency: 2", [](UniqueSite& site, bool is_rabbit) {
    auto client = site.client();
    std::set<std::string> ids;
    for (int i = 0; i < 5; ++i)
      ids.insert(
          client.queue_action_event("lonely", site.params_of("k", 50), {.unique = "invoice 7"}));
    CHECK(ids.size() == (is_rabbit ? 5 : 1));
    client.queue_action_event("lonely", site.params_of("other", 50), {.unique = "invoice 8"});
    site.start();
    REQUIRE(site.wait_for_lines("ran", 2));
    CHECK(wait_until([&] { return site.left() == 0; }));
    CHECK(count_of(site.log(), "Dropped medium:lonely id=") == (is_rabbit ? 4 : 0));
    client.queue_action_event("lonely", site.params_of("k", 0), {.unique = "invoice 7"});
    CHECK(site.wait_for_lines("ran", 3));
    CHECK(site.lines("ran.wrong").empty());
  });
}

// Whoever may not have the key looks as well, and hides it from the others for that moment.
TEST_CASE("unique: of a burst over several pollers one runs, also if it waits for an attempt") {
  NEEDS_BROKER();
  UniqueSite site(Site::kRabbit, "concurrency: 1\nretry: {attempts: 2, initial: 2s, jitter: 0}");
  auto client = site.client();
  auto params = site.params_of("k", 5);
  // Not the key of another test, whose poller may have been killed while it held it.
  std::string key = "burst";
  SUBCASE("it succeeds") {}
  SUBCASE("it fails once") {
    params["fails_once"] = true;
    key = "burst that fails";
  }
  for (int i = 0; i < 60; ++i) client.queue_action_event("lonely", params, {.unique = key});
  for (int id = 1; id <= 3; ++id) site.start(id);
  CHECK(wait_until([&] { return site.left() == 0; }));
  CHECK(site.wait_for_lines("ran", params.contains("fails_once") ? 2 : 1));
  CHECK(wait_until([&] { return count_of(site.logs(), "Finished processing") == 1; }));
  CHECK(wait_until([&] { return count_of(site.logs(), "Dropped medium:lonely id=") == 59; }));
}

TEST_CASE("unique: enqueue says who is there") {
  UniqueSite site(Site::kWithoutRabbit, "");
  const Ran first = site.actiond({"enqueue", "lonely", "--unique", "k"});
  CHECK(first.status == 0);
  const Ran second = site.actiond({"enqueue", "lonely", "--unique", "k", "--unique-for", "1h"});
  CHECK(second.status == 0);
  CHECK(second.out == first.out);
  CHECK(contains(second.err, "not queued: the event " + first.out.substr(0, 36) +
                                 " with the unique key 'k' waits or runs"));
  const auto told = json::parse(site.actiond({"enqueue", "lonely", "--unique", "k", "--json"}).out);
  CHECK(told["queued"] == false);
  const Ran many =
      site.actiond({"enqueue", "lonely", "-", "--unique", "many", "--json"}, "{}\n{}\n");
  const auto next = many.out.find('\n') + 1;
  const auto one = json::parse(many.out.substr(0, next)),
             other = json::parse(many.out.substr(next));
  CHECK(one["queued"] == true);
  CHECK(other["queued"] == false);
  CHECK(other["id"] == one["id"]);
  CHECK(told["id"] == first.out.substr(0, 36));
  CHECK(site.actiond({"enqueue", "lonely", "--unique-for", "1h"}).status == 2);
  const Ran never = site.actiond({"enqueue", "lonely", "--unique", "k", "--unique-for", "0s"});
  CHECK(never.status == 2);
  CHECK(contains(never.err, "'0s' is no time: write 10m, or leave it out"));
  CHECK(site.actiond({"enqueue", "lonely", "--unique", ""}).status == 2);
}

TEST_CASE("unique: one that waits for its next attempt keeps its key") {
  NEEDS_BROKER();
  both_ways(kRetry, [](UniqueSite& site, bool is_rabbit) {
    auto client = site.client();
    auto params = site.params_of("k", 0);
    params["fails_once"] = true;
    const auto id = client.queue_action_event("lonely", params, {.unique = "k"});
    site.start();
    REQUIRE(site.wait_for_log("once; attempt 2 of 3 in 300ms"));
    const auto second = client.queue_action_event("lonely", params, {.unique = "k"});
    CHECK((second == id) == !is_rabbit);
    CHECK(site.wait_for_lines("ran", 2));
    if (is_rabbit) CHECK(site.wait_for_log("Dropped medium:lonely id=" + second));
    CHECK(wait_until([&] { return site.left() == 0; }));
    CHECK(site.lines("ran") == std::vector<std::string>{id, id});
  });
}

TEST_CASE("unique: at no instant two of one key run, and none is lost, whoever is killed") {
  NEEDS_BROKER();
  // One that was in hand of several that were killed is none that kills them.
  both_ways("concurrency: 2\nretry: {interruptions: 100}", [](UniqueSite& site, bool) {
    for (int id = 1; id <= 4; ++id) site.start(id);
    std::mutex mutex;
    std::set<std::string> accepted;
    std::vector<std::thread> producers;
    for (int producer = 0; producer < 8; ++producer)
      producers.emplace_back([&] {
        auto client = site.client();
        for (int n = 0; n < 25; ++n) {
          const std::string key = "key " + std::to_string(n % 4);
          const auto id =
              client.queue_action_event("lonely", site.params_of(key, 150), {.unique = key});
          const std::lock_guard lock(mutex);
          accepted.insert(id);
          std::this_thread::sleep_for(std::chrono::milliseconds(n % 3 * 20));
        }
      });
    std::string logs;
    for (int n = 0; n < 6; ++n) {
      REQUIRE(site.wait_for_lines("ran", static_cast<std::size_t>(2 * (n + 1))));
      const int id = n % 4 + 1;
      end_process(site.recorded_pid(id));
      site.start(id);
    }
    for (auto& producer : producers) producer.join();
    CHECK(wait_until([&] { return site.left() == 0; }, 60s));
    CHECK_MESSAGE(site.lines("ran.wrong").empty(), site.logs());
    const auto lines = site.lines("ran");
    const std::set<std::string> ran(lines.begin(), lines.end());
    const auto log = site.logs();
    INFO(site.actiond({"dead", "list"}).out);
    INFO(log);
    for (const auto& id : accepted) {
      CAPTURE(id);
      CHECK((ran.contains(id) || contains(log, "Dropped medium:lonely id=" + id)));
    }
  });
}
