// What pollers count, from an event to stats, metrics, health and status --watch. Most of it on a
// queue in a file: it is the same code, and needs no broker.
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "site.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

class CountedSite : public Site {
 public:
  explicit CountedSite(const std::vector<std::string>& plugins, const std::string& yaml = {})
      : Site(yaml, plugins, Site::kWithoutRabbit) {
    configure(yaml, "sqlite:../queue.db");
  }
  void queue(const std::string& event, const std::string& params = "{}") {
    const Ran ran = actiond({"enqueue", event, params});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }
  // As many as lines of params.
  void queue_all(const std::string& event, const std::string& lines) {
    const Ran ran = actiond({"enqueue", event, "-"}, lines);
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }
  json stats(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"stats", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = actiond(words);
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    return json::parse(ran.out);
  }
  // What `stats --json` has of one event; null: nothing.
  json stats_of(const std::string& event) {
    const auto all = stats();
    for (const auto& each : all["events"])
      if (each["event"] == event) return each;
    return nullptr;
  }
  void stop() {
    const Ran ran = actiond({"stop", "--all"});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }
  fs::path file() const { return path("run/statistics.db"); }
  int marks_of(const std::string& kind) {
    const auto all = stats()["marks"];
    return static_cast<int>(std::count_if(all.begin(), all.end(),
                                          [&](const json& mark) { return mark["kind"] == kind; }));
  }
};

std::uint64_t sum_of(const json& outcomes) {
  std::uint64_t all = 0;
  for (const auto& count : outcomes) all += count.get<std::uint64_t>();
  return all;
}

}  // namespace

TEST_CASE("statistics: each event has one outcome, and they add up, when the poller has left") {
  CountedSite site({"noop", "throws", "discarder", "segfault"},
                   "retry: {attempts: 2, initial: 50ms}");
  site.start();
  std::string lines;
  for (int i = 0; i < 500; ++i) lines += "{}\n";
  site.queue_all("noop", lines);
  site.queue("throws");
  site.queue("discarder");
  site.queue("segfault");
  site.queue("nobody_knows");
  REQUIRE(wait_until([&] { return count_of(site.log(), "now among the dead letters") == 3; }));
  REQUIRE(wait_until([&] { return count_of(site.log(), "Finished processing") == 500; }));
  site.stop();
  const auto noop = site.stats_of("noop");
  CHECK(noop["outcomes"]["done"] == 500);
  CHECK(sum_of(noop["outcomes"]) == 500);
  CHECK(noop["run_ms"]["count"] == 500);
  CHECK(noop["wait_ms"]["count"] == 500);
  const auto failed = site.stats_of("throws");
  CHECK(failed["outcomes"]["failed"] == 1);
  CHECK(failed["outcomes"]["dead"] == 1);
  CHECK(sum_of(failed["outcomes"]) == 2);
  CHECK(site.stats_of("discarder")["outcomes"]["discarded"] == 1);
  const auto crashed = site.stats_of("segfault");
  CHECK(crashed["outcomes"]["crashed"] == 1);
  CHECK(crashed["outcomes"]["dead"] == 1);
  CHECK(crashed["crashes"] == 2);
  CHECK(site.marks_of("crash") == 2);
  CHECK(site.stats_of("nobody_knows")["outcomes"]["unknown"] >= 1);
}

TEST_CASE("statistics: waiting is from the queueing to the start, to the millisecond") {
  CountedSite site({"sleeper"});
  site.queue("sleep", R"({"ms": 300})");
  std::this_thread::sleep_for(700ms);  // what it waits: there is nothing to look for
  site.start();
  REQUIRE(site.wait_for_log("Finished processing"));
  site.stop();
  const auto sleep = site.stats_of("sleep");
  CHECK(sleep["wait_ms"]["mean"].get<double>() >= 700);
  CHECK(sleep["wait_ms"]["mean"].get<double>() < 20'000);
  CHECK(sleep["run_ms"]["mean"].get<double>() >= 300);
}

TEST_CASE("statistics: what is queued for later has not waited before its time") {
  CountedSite site({"noop"});
  site.start();
  REQUIRE(site.actiond({"enqueue", "noop", "--in", "1500ms"}).status == 0);
  REQUIRE(site.wait_for_log("Finished processing"));
  site.stop();
  CHECK(site.stats_of("noop")["wait_ms"]["mean"].get<double>() < 1400);
}

TEST_CASE("statistics: by RabbitMQ, a program that sets only a timestamp is counted too") {
  NEEDS_BROKER();
  Site site("", {"noop"});
  site.start();
  rabbit::queue("noop", "{}");
  REQUIRE(site.actiond({"enqueue", "noop"}).status == 0);
  REQUIRE(wait_until([&] { return count_of(site.log(), "Finished processing") == 2; }));
  REQUIRE(site.actiond({"stop", "--all"}).status == 0);
  const Ran ran = site.actiond({"stats", "noop", "--json"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  const auto stats = json::parse(ran.out);
  CHECK(stats["events"][0]["outcomes"]["done"] == 2);
  CHECK(stats["events"][0]["wait_ms"]["count"] >= 1);
}

TEST_CASE("statistics: a swap is marked, and both plugin sets stand side by side") {
  CountedSite site({});
  site.install("version_v1", "version");
  site.start();
  site.queue("version", site.params("ran"));
  REQUIRE(site.wait_for_lines("ran", 1));
  const auto before = site.recorded_pid(1);
  site.install("version_v2", "version");
  REQUIRE(wait_until([&] { return site.recorded_pid(1) != before; }));
  site.queue("version", site.params("ran"));
  REQUIRE(site.wait_for_lines("ran", 2));
  site.stop();
  const auto version = site.stats_of("version");
  CHECK(version["outcomes"]["done"] == 2);
  REQUIRE(version["sets"].size() == 2);
  CHECK(version["sets"][0]["outcomes"]["done"] == 1);
  CHECK(version["sets"][1]["outcomes"]["done"] == 1);
  CHECK(site.marks_of("swap") == 1);
  const auto mark = site.stats()["marks"][0];
  CHECK(mark["set_before"] == version["sets"][0]["plugin_set"]);
  CHECK(mark["set_after"] == version["sets"][1]["plugin_set"]);
  const Ran text = site.actiond({"stats"});
  CHECK(contains(text.out, "swap on poller "));
}

TEST_CASE("statistics: a slower plugin stands beside the one before, within 15 s of its deploy") {
  CountedSite site({}, "concurrency: 2");
  site.install("paced_v1", "paced");
  site.start();
  const auto keep_busy = [&](const auto& until) {
    std::string lines;
    for (int i = 0; i < 50; ++i) lines += "{}\n";
    return wait_until([&] {
      site.queue_all("paced", lines);
      return until(site.stats_of("paced"));
    });
  };
  REQUIRE(keep_busy([](const json& paced) { return !paced.is_null(); }));
  site.install("paced_v2", "paced");
  const auto dropped = std::chrono::steady_clock::now();
  json sets;
  REQUIRE(keep_busy([&](const json& paced) { return (sets = paced["sets"]).size() == 2; }));
  CHECK(std::chrono::steady_clock::now() - dropped < 15s);
  REQUIRE(site.actiond({"stop", "--all", "--now"}).status == 0);
  for (const char* part : {"p50", "p95", "p99"}) {
    const auto before = sets[0]["run_ms"][part].get<double>();
    CHECK(before < sets[1]["run_ms"][part].get<double>());
  }
  CHECK(sets[0]["run_ms"]["p50"].get<double>() < 5);
  CHECK(sets[1]["run_ms"]["p50"].get<double>() > 5);
}

TEST_CASE("statistics: a refused change is marked with its reason") {
  CountedSite site({"noop"});
  site.start();
  site.install_text("broken.so", "half of it");
  REQUIRE(site.wait_for_log("the change was refused"));
  site.stop();
  CHECK(site.marks_of("refusal") == 1);
  CHECK(contains(site.stats()["marks"][0]["text"].get<std::string>(), "broken.so"));
}

TEST_CASE("statistics: a running poller writes every 10 s, and not while nothing happens") {
  CountedSite site({"noop"});
  site.start();
  site.queue("noop");
  REQUIRE(wait_until([&] { return !site.stats_of("noop").is_null(); }));
  const auto written = fs::last_write_time(site.path("run/statistics.db-wal"));
  REQUIRE(site.stats_of("noop")["outcomes"]["done"] == 1);
  std::this_thread::sleep_for(11s);  // a writer that writes for nothing would have by now
  CHECK(fs::last_write_time(site.path("run/statistics.db-wal")) == written);
}

TEST_CASE("statistics: none are kept where the configuration says so") {
  CountedSite site({"noop"}, "statistics: none");
  site.start();
  site.queue("noop");
  REQUIRE(site.wait_for_log("Finished processing"));
  site.stop();
  CHECK(!fs::exists(site.file()));
  const Ran ran = site.actiond({"stats"});
  CHECK(ran.status == 1);
  CHECK(contains(ran.err, "statistics: none"));
}

TEST_CASE("statistics: a damaged file is moved aside, said once, and no reason to stop") {
  CountedSite site({"noop"});
  site.start();
  std::ofstream(site.file()) << std::string(20'000, 'x');
  site.queue("noop");
  REQUIRE(site.wait_for_log("Finished processing"));
  site.stop();
  CHECK(count_of(site.log(), "is damaged") == 1);
  CHECK(fs::exists(site.path("run/statistics.db.damaged")));
  CHECK(site.stats_of("noop")["outcomes"]["done"] == 1);
}

TEST_CASE("statistics: a file that can't be there is said once, and no reason to stop") {
  CountedSite site({"noop"});
  site.start();
  fs::create_directory(site.file());
  site.queue("noop");
  REQUIRE(site.wait_for_log("Finished processing"));
  site.stop();
  CHECK(count_of(site.log(), "their statistics are kept in memory") == 1);
}

TEST_CASE("health: exit status and a sentence tell whether a poller takes events") {
  CountedSite site({"noop"});
  Ran ran = site.actiond({"health"});
  CHECK(ran.status == 1);
  CHECK(ran.out == "no poller runs: start one with actiond start --id 1\n");
  site.start(1);
  ran = site.actiond({"health", "--id", "1"});
  CHECK(ran.status == 0);
  CHECK(ran.out == "poller 1 is well: idle\n");
  ran = site.actiond({"health", "--id", "2", "--json"});
  CHECK(ran.status == 1);
  CHECK(json::parse(ran.out)["is_well"] == false);
  CHECK(site.actiond({"health", "--id", "0"}).status == 2);
}

TEST_CASE("status --watch: again and again, without escapes where there is no terminal") {
  CountedSite site({"sleeper", "throws"}, "retry: {attempts: 1}\nconcurrency: 2");
  site.start();
  site.queue("throws", R"({"what": "no route"})");
  site.queue("sleep", R"({"ms": 60000})");
  REQUIRE(site.wait_for_log("now among the dead letters"));
  const auto watch = site.begin({"status", "--watch=200ms"});
  REQUIRE(wait_until([&] { return count_of(watch->out(), "done/s") >= 3; }));
  watch->signal(SIGINT);
  const Ran ran = watch->wait();
  CHECK(ran.status == 0);
  CHECK(!contains(ran.out, "\x1b"));
  CHECK(contains(ran.out, "medium:sleep"));
  CHECK(contains(ran.out, "TREND"));
  CHECK(contains(ran.out, "no route"));
  REQUIRE(site.actiond({"stop", "--all", "--now"}).status == 0);
}

TEST_CASE("status --watch: wrong words are wrong usage") {
  CountedSite site({});
  for (const char* word : {"--watch=0s", "--watch=often", "--watch=2"}) {
    const Ran ran = site.actiond({"status", word});
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "--watch"));
  }
  CHECK(site.actiond({"status", "--watch", "--json"}).status == 2);
  const auto watch = site.begin({"status", "--watch"});
  REQUIRE(wait_until([&] { return contains(watch->out(), "done/s"); }));
  watch->signal(SIGTERM);
  CHECK(watch->wait().status == 0);
}
