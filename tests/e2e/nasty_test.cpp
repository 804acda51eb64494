// A poller under load while one of its plugins does all that plugin code can do to its runner. What
// really succeeded stands in a ledger that the plugin writes: nothing else may count as done.
#include <action/client.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "site.hpp"

namespace {

using Ids = std::set<std::string>;

constexpr char kYaml[] =
    "concurrency: 2\n"
    "timeout: 1s\n"
    "retry: {attempts: 2, initial: 100ms, factor: 1, jitter: 0}\n"
    "rollback: {crashes: none}\n"
    "log: {params: false}\n";
constexpr int kInnocents = 3;        // beside each deed
constexpr int kMostWaiting = 60;     // events in the queue before more are posted
constexpr auto kLongestPause = 15s;  // between two ends of runs, good or bad

// Of the runs that succeeded, as the plugin wrote it.
Ids read_ledger(const std::filesystem::path& file) {
  Ids ids;
  std::ifstream lines(file);
  std::string at, id, deed;
  while (lines >> at >> id >> deed) ids.insert(id);
  return ids;
}

// Everything that a runner of this site has started, however well it hides.
std::vector<pid_t> left_processes() {
  std::vector<pid_t> left;
  for (const pid_t pid : all_processes())
    if (command_line(pid) == "sleep 317") left.push_back(pid);
  return left;
}

class NastySite : public Site {
 public:
  explicit NastySite(bool is_rabbit)
      : Site(kYaml, {"nasty"}, is_rabbit ? kRabbit : kWithoutRabbit),
        broker_(is_rabbit ? test_broker() : "sqlite:" + path("queue.db").native()) {
    configure(kYaml, broker_);
    start();
    client_ = std::make_unique<action::Client>(
        broker_, action::ClientOptions{.application = rabbit::application()});
    client_->post("nasty_list", {{"ledger", path("deeds").native()}}, {.queue = "medium"});
    client_->flush();
    REQUIRE(wait_for_log("Finished processing medium:nasty_list"));
    deeds_ = lines("deeds");
  }

  const std::vector<std::string>& deeds() const { return deeds_; }
  const std::map<std::string, std::string>& posted() const { return posted_; }

  // Each deed once, with innocent events around it.
  void post_round() {
    for (const auto& deed : deeds_) {
      post("nasty", deed);
      for (int i = 0; i < kInnocents; ++i) post("innocent", "innocent");
    }
    client_->flush();
    ++rounds_;
  }
  // Keeps it at work for so long.
  void work_for(std::chrono::seconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    do {
      if (waiting() < kMostWaiting) post_round();
      look();
    } while (std::chrono::steady_clock::now() < until);
  }
  // Waits until everything posted is among the dead letters or in the ledger, for as long as runs
  // end: how fast they do is up to the machine. Returns whether that came.
  bool drain() {
    while (!is_drained()) {
      look();
      if (longest_pause_ > kLongestPause) return false;
    }
    return true;
  }
  Ids dead() {
    Ids ids;
    const auto list =
        nlohmann::json::parse(actiond({"dead", "list", "--limit", "0", "--json"}).out);
    for (const auto& letter : list.at("letters")) ids.insert(letter.at("id"));
    return ids;
  }
  int rounds() const { return rounds_; }
  // The longest time in which no run ended.
  std::chrono::milliseconds longest_pause() const { return longest_pause_; }

 private:
  bool is_drained() {
    const Ids ended = read_ledger(path("ledger"));
    const Ids dead = this->dead();
    return std::all_of(posted_.begin(), posted_.end(), [&](const auto& each) {
      return ended.contains(each.first) || dead.contains(each.first);
    });
  }
  nlohmann::json ask() { return nlohmann::json::parse(actiond({"status", "--json"}).out); }
  int waiting() {
    const auto status = ask();
    for (const auto& queue : status.at("queues"))
      if (queue.at("name") == "medium" && queue.at("ready").is_number()) return queue.at("ready");
    return kMostWaiting;
  }
  void look() {
    const auto now = std::chrono::steady_clock::now();
    const auto poller = ask().at("pollers").at(0);
    const int ended = poller.at("done").get<int>() + poller.at("failed").get<int>();
    if (std::exchange(ended_, ended) != ended) last_end_ = now;
    longest_pause_ =
        std::max(longest_pause_, std::chrono::floor<std::chrono::milliseconds>(now - last_end_));
    std::this_thread::sleep_for(200ms);
  }
  void post(const std::string& event, const std::string& deed) {
    const nlohmann::json params{
        {"deed", deed}, {"ledger", path("ledger").native()}, {"n", rounds_}};
    posted_[client_->post(event, params, {.queue = "medium"})] = deed;
  }

  std::string broker_;
  std::unique_ptr<action::Client> client_;
  std::vector<std::string> deeds_;
  std::map<std::string, std::string> posted_;  // id, deed
  int rounds_ = 0;
  int ended_ = 0;  // runs
  std::chrono::steady_clock::time_point last_end_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds longest_pause_{0};
};

// Of each deed: how many of its events were done, and how many became dead letters.
std::string table(const NastySite& site, const Ids& dead) {
  std::map<std::string, std::pair<int, int>> counts;
  for (const auto& [id, deed] : site.posted())
    ++(dead.contains(id) ? counts[deed].second : counts[deed].first);
  std::ostringstream text;
  for (const auto& [deed, count] : counts)
    text << "\n  " << deed << ": " << count.first << " done, " << count.second << " dead";
  return text.str();
}

void check_survives_misdeeds(bool is_rabbit, std::chrono::seconds time) {
  NastySite site(is_rabbit);
  REQUIRE(site.deeds().size() >= 30);
  const pid_t poller = site.recorded_pid(1);
  site.work_for(time);
  CHECK(site.drain());
  const Ids succeeded = read_ledger(site.path("ledger"));
  const Ids dead = site.dead();
  int done = 0;
  for (const auto& posted : site.posted()) {
    const auto& id = posted.first;
    const auto& deed = posted.second;
    if (dead.contains(id)) continue;
    ++done;
    CHECK_MESSAGE(succeeded.contains(id), deed, " ", id, " is neither dead nor has it succeeded");
  }
  CHECK(site.longest_pause() <= kLongestPause);
  CHECK(site.pollers() == std::vector<pid_t>{poller});
  CHECK(site.actiond({"stop", "--id", "1", "--now"}).status == 0);
  CHECK(wait_until([&] { return left_processes().empty() && site.pollers().empty(); }));
  MESSAGE(site.deeds().size(), " deeds, ", site.rounds(), " rounds, ", site.posted().size(),
          " events: ", done, " done, ", dead.size(), " dead; at most ",
          site.longest_pause().count(), " ms between two ends of runs", table(site, dead));
}

// As long as $ACTION_TEST_LONG says, in seconds, but a minute at the least.
std::chrono::seconds long_time() {
  return std::max(60s, std::chrono::seconds(std::atoi(std::getenv("ACTION_TEST_LONG"))));
}

}  // namespace

TEST_CASE("nasty: each misdeed once, beside innocent events, with a queue in a file") {
  check_survives_misdeeds(false, 0s);
}

TEST_CASE("nasty: misdeeds for a minute, with a queue in a file (long)") {
  if (std::getenv("ACTION_TEST_LONG") == nullptr)
    SKIP_TEST("it takes a minute; set ACTION_TEST_LONG=1 to run it");
  check_survives_misdeeds(false, long_time());
}

TEST_CASE("nasty: misdeeds for a minute, with a broker (long)") {
  NEEDS_BROKER();
  if (std::getenv("ACTION_TEST_LONG") == nullptr)
    SKIP_TEST("it takes a minute; set ACTION_TEST_LONG=1 to run it");
  check_survives_misdeeds(true, long_time());
}
