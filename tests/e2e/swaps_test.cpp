// Pollers that swap again and again, several of them, with more than one file, and on machines that
// lack what most have.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "site.hpp"

namespace fs = std::filesystem;

namespace {

std::vector<pid_t> recorded_pids(const Site& site, int last_id) {
  std::vector<pid_t> pids;
  for (int id = 1; id <= last_id; ++id) pids.push_back(site.recorded_pid(id));
  return pids;
}

bool are_all_new(const std::vector<pid_t>& now, const std::vector<pid_t>& before) {
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now[i] == 0 || now[i] == before[i]) return false;
  return true;
}

std::size_t files_in_run_dir(const Site& site) {
  const fs::recursive_directory_iterator files(site.path("run"));
  // SQLite's own come and go beside statistics.db.
  return static_cast<std::size_t>(std::count_if(begin(files), end(files), [](const auto& file) {
    return !file.path().filename().native().starts_with("statistics.db");
  }));
}

std::set<std::string> snapshots(const Site& site) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(site.path("run/snapshots")))
    if (entry.path().filename() != ".lock") names.insert(entry.path().filename());
  return names;
}

// The lines of all logs that tell of a swap, by their time: "starting" and "at work".
std::vector<std::string> swaps_in_logs(const Site& site, int last_id) {
  std::vector<std::string> lines;
  for (int id = 1; id <= last_id; ++id)
    for (const auto& line : read_lines(site.path("run/poller." + std::to_string(id) + ".log")))
      if (contains(line, "starting a successor") || contains(line, "is at work"))
        lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  std::vector<std::string> swaps;
  for (const auto& line : lines)
    swaps.push_back(contains(line, "starting") ? "starting" : "at work");
  return swaps;
}

// Queues one event after the other until one of them leaves this line.
bool runs_as(const Site& site, const std::string& event, const std::string& line) {
  return wait_until([&] {
    const auto before = site.lines("ran").size();
    rabbit::queue(event, site.params("ran"));
    return site.wait_for_lines("ran", before + 1) && site.lines("ran").back() == line;
  });
}

}  // namespace

TEST_CASE("swaps: ten in place under load lose nothing, run nothing twice, leave nothing") {
  NEEDS_BROKER();
  Site site;
  site.install("version_v1", "version");
  site.start(1);
  site.start(2);
  rabbit::Publishing publishing;
  std::size_t queued = 0, files = 0;
  for (int swap = 0; swap < 10; ++swap) {
    const auto before = recorded_pids(site, 2);
    site.overwrite(swap % 2 == 0 ? "version_v2" : "version_v1", "version");
    for (int batch = 0; batch < 400 && !are_all_new(recorded_pids(site, 2), before); ++batch) {
      const std::string text = "\"text\": \"" + std::to_string(queued) + "-{n}\"";
      publishing.queue("version", site.params("ran", text), "medium", 50);
      queued += 50;
      REQUIRE(site.wait_for_lines("ran", queued));
    }
    REQUIRE(are_all_new(recorded_pids(site, 2), before));
    REQUIRE(wait_until([&] { return site.pollers().size() == 2; }));
    if (swap == 1) files = files_in_run_dir(site);
  }
  INFO(queued, " events");
  std::set<std::string> texts;
  for (const auto& line : site.lines("ran")) texts.insert(line.substr(3));
  CHECK(site.lines("ran").size() == queued);
  CHECK(texts.size() == queued);
  CHECK(files_in_run_dir(site) == files);
  CHECK(snapshots(site).size() == 2);  // what both run, and their way back
}

TEST_CASE("swaps: the pollers of a machine swap one after the other, and share what they load") {
  NEEDS_BROKER();
  Site site;
  site.install("version_v1", "version");
  for (int id = 1; id <= 4; ++id) site.start(id);
  CHECK(snapshots(site).size() == 1);
  const auto before = recorded_pids(site, 4);
  site.overwrite("version_v2", "version");
  REQUIRE(wait_until([&] { return are_all_new(recorded_pids(site, 4), before); }));
  CHECK(snapshots(site).size() == 2);
  std::vector<std::string> swaps;
  REQUIRE(wait_until([&] {
    swaps = swaps_in_logs(site, 4);
    return swaps.size() == 12;
  }));
  swaps.erase(swaps.begin(), swaps.begin() + 4);  // the first start of each
  // The next may begin once one has its PID file, a moment before that one's line.
  int under_way = 0, most = 0;
  for (const auto& line : swaps) {
    under_way += line == "starting" ? 1 : -1;
    most = std::max(most, under_way);
  }
  CHECK(under_way == 0);
  CHECK(most <= 2);
}

TEST_CASE("swaps: a library beside the plugin is found by $ORIGIN, and taken up when it changes") {
  NEEDS_BROKER();
  Site site("", {"with_library"});
  const auto library = site.path("plugins.d/lib/libspoken.so");
  fs::create_directory(site.path("plugins.d/lib"));
  fs::copy_file(plugin_file("spoken_v1/libspoken"), library);
  site.start();
  CHECK(runs_as(site, "with_library", "library v1"));
  fs::copy_file(plugin_file("spoken_v2/libspoken"), library, fs::copy_options::overwrite_existing);
  CHECK(runs_as(site, "with_library", "library v2"));
}

TEST_CASE("swaps: an executable that was replaced is the successor's") {
  NEEDS_BROKER();
  Site site;
  site.install("version_v1", "version");
  fs::create_directory(site.path("bin"));
  const auto executable = site.path("bin/actiond");
  fs::copy_file(ACTIOND, executable);
  fs::copy_file(fs::path(ACTIOND).replace_filename("actiond-runner"),
                site.path("bin/actiond-runner"));
  const Process started(
      {executable, "start", "--id", "1", "--config", site.path("config/actiond.yaml")},
      site.path("output/started"));
  REQUIRE(wait_until([&] { return site.recorded_pid(1) != 0; }));
  const pid_t first = site.recorded_pid(1);
  fs::copy_file(ACTIOND, site.path("bin/new"));  // as packages do it: whole, then renamed
  fs::rename(site.path("bin/new"), executable);
  site.overwrite("version_v2", "version");
  REQUIRE(wait_until([&] { return site.recorded_pid(1) != first; }));
  const auto runs = fs::read_symlink("/proc/" + std::to_string(site.recorded_pid(1)) + "/exe");
  CHECK(runs == executable);  // not "… (deleted)"
}

TEST_CASE("swaps: without inotify a change is seen, and the old poller sees its successor") {
  NEEDS_BROKER();
  Site site;
  site.install("version_v1", "version");
  // In a user namespace of its own a process may forbid itself what others may exhaust.
  const auto begin = [&](const std::string& output) {
    return std::make_unique<Process>(
        std::vector<std::string>{
            "unshare", "--user", "--map-root-user", "sh", "-c",
            "echo 0 >/proc/sys/user/max_inotify_instances && echo namespace >&2 && exec \"$@\"",
            "sh", ACTIOND, "start", "--id", "1", "--config", site.path("config/actiond.yaml")},
        site.path(output));
  };
  const Ran started = begin("output/started")->wait();
  if (!contains(started.err, "namespace")) SKIP_TEST("no user namespace here: ", started.err);
  REQUIRE_MESSAGE(started.status == 0, started.err);
  const pid_t first = site.recorded_pid(1);
  site.overwrite("version_v2", "version");
  CHECK(wait_until([&] { return site.recorded_pid(1) != first; }));
  CHECK(wait_until([&] { return site.pollers() == std::vector{site.recorded_pid(1)}; }));
  CHECK(runs_as(site, "version", "v2 "));
  const pid_t second = site.recorded_pid(1);
  REQUIRE(begin("output/again")->wait().status == 0);  // an operator's, which nobody announces
  CHECK(wait_until([&] { return !is_running(second); }));
}

TEST_CASE("swaps: what a busy runner has loaded stays, however often the others are renewed") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  site.install("version_v1", "version");
  const auto console = site.begin({"run"});
  rabbit::queue("sleep", site.params("slept", R"("ms": 60000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  const auto loaded = snapshots(site);
  REQUIRE(loaded.size() == 1);
  const auto renewals = [&] { return count_of(console->err(), "runners take up the set"); };
  for (int renewal = 1; renewal <= 4; ++renewal) {
    site.install_text("data." + std::to_string(renewal), "of a plugin");
    REQUIRE(wait_until([&] { return renewals() == renewal; }));
  }
  CHECK(snapshots(site).contains(*loaded.begin()));
  CHECK(snapshots(site).size() <= 3);  // with the last, and the one before until the next
}

TEST_CASE("swaps: outcomes add up over a hundred swaps and 100,000 events (long)") {
  if (std::getenv("ACTION_TEST_LONG") == nullptr) SKIP_TEST("ACTION_TEST_LONG does not ask for it");
  NEEDS_BROKER();
  constexpr int kSwaps = 100, kEach = 1000;
  Site site;
  site.install("version_v1", "version");
  site.start(1);
  site.start(2);
  rabbit::Publishing publishing;
  for (int swap = 0; swap < kSwaps; ++swap) {
    const auto before = recorded_pids(site, 2);
    const auto file = "ran." + std::to_string(swap);
    publishing.queue("version", site.params(file), "medium", kEach / 2);
    site.overwrite(swap % 2 == 0 ? "version_v2" : "version_v1", "version");
    publishing.queue("version", site.params(file), "medium", kEach / 2);
    REQUIRE(wait_until([&] { return are_all_new(recorded_pids(site, 2), before); }));
    REQUIRE(site.wait_for_lines(file, kEach));
    CHECK(site.lines(file).size() == kEach);
  }
  REQUIRE(site.actiond({"stop", "--all"}).status == 0);
  const Ran stats = site.actiond({"stats", "version", "--json"});
  REQUIRE_MESSAGE(stats.status == 0, stats.err);
  const auto all = nlohmann::json::parse(stats.out);
  int outcomes = 0;
  for (const auto& count : all["events"][0]["outcomes"]) outcomes += count.get<int>();
  CHECK(outcomes == kSwaps * kEach);
  CHECK(all["events"][0]["outcomes"]["done"] == kSwaps * kEach);
  const auto is_swap = [](const auto& mark) { return mark["kind"] == "swap"; };
  CHECK(std::count_if(all["marks"].begin(), all["marks"].end(), is_swap) == 2 * kSwaps);
}
