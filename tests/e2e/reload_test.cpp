// Dropping a file is the deploy: pollers that see a change take it up by themselves, or refuse it.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "site.hpp"

namespace fs = std::filesystem;

namespace {

void queue_version(const Site& site, const std::string& text = {}, int count = 1) {
  rabbit::queue("version", site.params("ran", "\"text\": \"" + text + "\""), "medium", count);
}

std::string last_line(const Site& site) {
  const auto lines = site.lines("ran");
  return lines.empty() ? "" : lines.back();
}

// Queues one event after the other until one of them is run by this version.
bool runs_version(const Site& site, const std::string& version) {
  return wait_until([&] {
    const auto before = site.lines("ran").size();
    queue_version(site);
    return site.wait_for_lines("ran", before + 1) && last_line(site).starts_with(version);
  });
}

std::string problem_of(Site& site) {
  return site.actiond({"status"}).out;
}

bool shows_problem(Site& site, const std::string& part) {
  return wait_until([&] { return contains(problem_of(site), part); }, 30s);
}

}  // namespace

TEST_CASE("reload: a plugin that is overwritten in place under load is taken up") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  site.start();
  rabbit::Publishing publishing;
  int queued = 0;
  site.overwrite("version_v2", "version");
  while (!last_line(site).starts_with("v2")) {
    publishing.queue("version",
                     site.params("ran", "\"text\": \"" + std::to_string(queued) + "-{n}\""),
                     "medium", 100);
    queued += 100;
    REQUIRE(site.wait_for_lines("ran", static_cast<std::size_t>(queued)));
  }
  const auto lines = site.lines("ran");
  CHECK(lines.size() == static_cast<std::size_t>(queued));
  std::set<std::string> texts;
  for (const auto& line : lines) texts.insert(line.substr(3));
  CHECK(texts.size() == lines.size());
  CHECK(wait_until([&] { return site.pollers().size() == 1; }));
  CHECK(site.pollers()[0] == site.recorded_pid(1));
}

TEST_CASE("reload: bad files are refused with a sentence, and the good one after them is taken") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  const pid_t poller = site.start();
  const std::pair<const char*, const char*> bad[] = {
      {"wrong_abi", "ABI 2"},           {"unresolved", "function_that_nobody_wrote"},
      {"no_symbol", "no symbol"},       {"setup_fails", "no database"},
      {"constructor_crash", "SIGSEGV"}, {"version_v2", "already"}};
  for (const auto& each : bad) {
    const std::string plugin = each.first;
    CAPTURE(plugin);
    site.overwrite(plugin, "bad");
    CHECK(shows_problem(site, each.second));
    CHECK(contains(problem_of(site), "bad.so"));
    CHECK(site.recorded_pid(1) == poller);
    queue_version(site, plugin);
    CHECK(wait_until([&] { return last_line(site) == "v1 " + plugin; }));
  }
  site.install_text("bad.so", "no library at all, but a text of some length\n");
  CHECK(shows_problem(site, "is not a shared object"));
  const std::string whole = read_text(plugin_file("version_v2"));
  site.install_text("bad.so", whole.substr(0, whole.size() / 2));
  CHECK(shows_problem(site, "is incomplete"));
  CHECK(site.recorded_pid(1) == poller);
  CHECK(site.wait_for_log("refused"));
  site.uninstall("bad.so");
  site.overwrite("version_v2", "version");
  CHECK(runs_version(site, "v2"));
  CHECK_FALSE(contains(problem_of(site), "refused"));
}

TEST_CASE("reload: a constructor that hangs holds nobody up, not even its own correction") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  const pid_t poller = site.start();
  site.overwrite("constructor_hang", "bad");
  CHECK(wait_until([&] { return site.pollers().size() == 2; }));
  queue_version(site, "meanwhile");
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.recorded_pid(1) == poller);
  site.uninstall("bad.so");
  site.overwrite("version_v2", "version");
  CHECK(runs_version(site, "v2"));
  CHECK(wait_until([&] { return site.pollers().size() == 1; }));
}

TEST_CASE("reload: a set that crashes is given up for the one before it, at nobody's cost") {
  NEEDS_BROKER();
  Site site("retry: {attempts: 1}");
  site.install("version_v1", "version");
  const pid_t first = site.start();
  queue_version(site, "before");
  REQUIRE(site.wait_for_lines("ran", 1));
  site.overwrite("version_crash", "version");
  CHECK(wait_until([&] { return site.recorded_pid(1) != first; }));
  queue_version(site, "broken", 20);
  CHECK(site.wait_for_lines("ran", 21));
  CHECK(rabbit::take_all("dead").empty());
  CHECK(last_line(site) == "v1 broken");
  CHECK(shows_problem(site, "gone back to the set"));
  CHECK(site.wait_for_log("crashed 3 runners within 1m of its takeover"));
  site.overwrite("version_v2", "version");
  CHECK(runs_version(site, "v2"));
  CHECK_FALSE(contains(problem_of(site), "gone back"));
}

TEST_CASE("reload: a set that crashes several runners at once costs none of their events") {
  NEEDS_BROKER();
  Site site("retry: {attempts: 1}\nconcurrency: 6");
  site.install("version_v1", "version");
  const pid_t first = site.start();
  queue_version(site, "before");
  REQUIRE(site.wait_for_lines("ran", 1));
  site.overwrite("version_crash", "version");
  CHECK(wait_until([&] { return site.recorded_pid(1) != first; }));
  queue_version(site, "broken", 60);
  CHECK(site.wait_for_lines("ran", 61));
  CHECK(rabbit::take_all("dead").empty());
}

TEST_CASE("reload: what was gone back from is not brought back by an edited configuration") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  site.start();
  site.overwrite("version_v2", "version");
  REQUIRE(runs_version(site, "v2"));
  REQUIRE(site.actiond({"rollback", "--id", "1"}).status == 0);
  const pid_t back = site.recorded_pid(1);
  site.configure("concurrency: 2");
  REQUIRE(wait_until([&] { return site.recorded_pid(1) != back; }));
  CHECK(wait_until([&] { return children_of(site.recorded_pid(1)).size() == 2; }));
  CHECK(runs_version(site, "v1"));
  CHECK(contains(problem_of(site), "rolled back by hand"));
  site.overwrite("version_v2", "version");
  CHECK(runs_version(site, "v2"));
}

TEST_CASE("reload: the way back is gone to its end though who goes it is killed") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  site.start();
  site.overwrite("version_v2", "version");
  REQUIRE(runs_version(site, "v2"));
  const pid_t poller = site.recorded_pid(1);
  // Until this is released it is on its way.
  const int lock = ::open(site.path("run/snapshots/.lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  const auto rolling_back = site.begin({"rollback", "--id", "1"});
  pid_t successor = 0;
  REQUIRE(wait_until([&] {
    for (const pid_t child : children_of(poller))
      if (contains(command_line(child), " --snapshot ")) successor = child;
    return successor != 0;
  }));
  end_process(successor);
  ::close(lock);
  CHECK(runs_version(site, "v1"));
}

TEST_CASE("reload: back by hand, until the directory changes") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  site.start();
  CHECK(contains(site.actiond({"rollback", "--id", "1"}).err, "none to go back to"));
  site.overwrite("version_v2", "version");
  REQUIRE(runs_version(site, "v2"));
  const Ran back = site.actiond({"rollback", "--id", "1"});
  CHECK_MESSAGE(back.status == 0, back.err);
  CHECK(runs_version(site, "v1"));
  CHECK(shows_problem(site, "rolled back by hand"));
  CHECK(contains(site.actiond({"plugins"}).out, "different content"));
  site.overwrite("version_v1", "version");
  CHECK(wait_until([&] { return !contains(problem_of(site), "by hand"); }));
  CHECK(contains(site.actiond({"rollback", "--id", "2"}).err, "no poller 2 runs"));
}

TEST_CASE("reload: a handler that runs is finished by the old code while the new one works") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  site.install("version_v1", "version");
  site.start();
  rabbit::queue("sleep", site.params("slept", R"("ms": 4000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  site.overwrite("version_v2", "version");
  CHECK(runs_version(site, "v2"));
  CHECK_FALSE(contains(site.log(), "Finished processing medium:sleep"));
  CHECK(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(count_of(site.log(), "Processing medium:sleep") == 1);
  CHECK(wait_until([&] { return site.pollers().size() == 1; }));
  CHECK(rabbit::take_all("medium").empty());
}

TEST_CASE("reload: an edited configuration is taken up, a wrong one refused with its place") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  const pid_t first = site.start();
  site.configure("concurrency: 2");
  CHECK(wait_until([&] { return site.recorded_pid(1) != first; }));
  const pid_t second = site.recorded_pid(1);
  CHECK(wait_until([&] { return children_of(second).size() == 2; }));
  site.configure("concurency: 3");
  CHECK(site.wait_for_log("actiond.yaml:3:1"));
  CHECK(site.wait_for_log("'concurrency'"));
  CHECK(site.recorded_pid(1) == second);
}

TEST_CASE("reload: in the foreground the next event runs the new code") {
  NEEDS_BROKER();
  Site site("");
  site.install("version_v1", "version");
  const auto console = site.begin({"run"});
  CHECK(runs_version(site, "v1"));
  site.overwrite("version_v2", "version");
  CHECK(runs_version(site, "v2"));
  site.overwrite("constructor_crash", "bad");
  CHECK(shows_problem(site, "bad.so"));
  CHECK(runs_version(site, "v2"));
  CHECK(console->is_alive());
}

TEST_CASE("reload: a directory behind a link that is switched, and one replaced by rename") {
  NEEDS_BROKER();
  Site site("plugins: ../current");
  for (const char* version : {"v1", "v2"}) {
    fs::create_directory(site.path(version));
    fs::copy_file(plugin_file(std::string("version_") + version),
                  site.path(version) / "version.so");
  }
  fs::create_directory_symlink("v1", site.path("current"));
  site.start();
  CHECK(runs_version(site, "v1"));
  fs::create_directory_symlink("v2", site.path("next"));
  fs::rename(site.path("next"), site.path("current"));
  CHECK(runs_version(site, "v2"));
  fs::remove(site.path("current"));
  fs::rename(site.path("v1"), site.path("current"));
  CHECK(runs_version(site, "v1"));
}

TEST_CASE("reload: manual leaves the directory alone") {
  NEEDS_BROKER();
  Site site("reload: manual");
  site.install("version_v1", "version");
  const pid_t poller = site.start();
  Site beside("reload: auto\nplugins: " + site.path("plugins.d").native());
  const pid_t before = beside.start();
  site.overwrite("version_v2", "version");  // nor does it harm what is loaded
  REQUIRE(wait_until([&] { return beside.recorded_pid(1) != before; }));
  REQUIRE(beside.actiond({"stop", "--id", "1"}).status == 0);
  queue_version(site, "x", 200);
  REQUIRE(site.wait_for_lines("ran", 200));
  CHECK(site.lines("ran") == std::vector<std::string>(200, "v1 x"));
  CHECK_FALSE(contains(site.log(), "successor"));
  CHECK(site.pollers() == std::vector<pid_t>{poller});
  CHECK(site.recorded_pid(1) == poller);
}
