// Pollers that take each other's place while events flow, and deploys that are refused.
#include <algorithm>
#include <fstream>
#include <set>

#include "site.hpp"

namespace fs = std::filesystem;

namespace {

// What a refused deploy must not touch.
struct PidFileState {
  std::string text;
  fs::file_time_type written;
  bool operator==(const PidFileState&) const = default;
};

PidFileState state_of(const fs::path& pid_file) {
  return {read_text(pid_file), fs::last_write_time(pid_file)};
}

struct BrokenPlugin {
  const char* plugin;  // of the tests, or empty: a file with this content
  std::string content;
  const char* reason;
};

void deploy(Site& site, const BrokenPlugin& broken) {
  if (*broken.plugin != '\0')
    site.install(broken.plugin, "broken");
  else
    site.install_text("broken.so", broken.content);
}

std::string half_of(const std::string& plugin) {
  const std::string whole = read_text(plugin_file(plugin));
  return whole.substr(0, whole.size() / 2);
}

std::vector<BrokenPlugin> broken_plugins() {
  return {{"", "no library at all, but a text of some length\n", "is not a shared object"},
          {"", "", "is empty"},
          {"", half_of("hello_world"), "is incomplete"},
          {"wrong_abi", "", "was built for ABI 2"},
          {"unresolved", "", "function_that_nobody_wrote"},
          {"no_symbol", "", "exports no symbol"},
          {"setup_fails", "", "no database at db.example.org"},
          {"constructor_crash", "", "SIGSEGV"},
          {"duplicate_name", "", "hello_world"}};
}

}  // namespace

TEST_CASE("takeover: 25 times under load nothing is lost, nothing runs twice, one poller is left") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  std::set<pid_t> gone;  // pollers and runners that were replaced
  site.start();
  int queued = 0;
  rabbit::Publishing publishing;
  for (int round = 0; round < 25; ++round) {
    const auto starting = site.begin({"start", "--id", "1"});
    int batches = 0;  // bounded, so that a slow build is not flooded
    do {
      const std::string text = "\"text\": \"" + std::to_string(queued / 400) + "-{n}\"";
      publishing.queue("record", site.params("ran", text), "medium", 400);
      queued += 400;
    } while (starting->is_alive() && ++batches < 10);
    for (const pid_t poller : site.pollers()) {
      if (poller == site.recorded_pid(1)) continue;
      gone.insert(poller);
      gone.merge([&] {
        const auto runners = children_of(poller);
        return std::set<pid_t>(runners.begin(), runners.end());
      }());
    }
    const Ran ran = starting->wait();
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    // On a slow build it was seen while it was starting.
    gone.erase(site.recorded_pid(1));
    for (const pid_t runner : children_of(site.recorded_pid(1))) gone.erase(runner);
  }
  INFO(queued, " events");
  CHECK(site.wait_for_lines("ran", static_cast<std::size_t>(queued), 60s));
  const auto lines = site.lines("ran");
  CHECK(lines.size() == static_cast<std::size_t>(queued));
  CHECK(std::set<std::string>(lines.begin(), lines.end()).size() == lines.size());

  CHECK(wait_until([&] { return site.pollers().size() == 1; }));
  const auto pollers = site.pollers();
  REQUIRE(pollers.size() == 1);
  CHECK(pollers[0] == site.recorded_pid(1));
  CHECK(children_of(pollers[0]).size() == 1);
  CHECK(wait_until([&] { return std::none_of(gone.begin(), gone.end(), is_running); }));
  CHECK(wait_until([] { return rabbit::consumers("medium") == 1; }));
}

TEST_CASE("takeover: the new code is at work while the old one still finishes its message") {
  NEEDS_BROKER();
  Site site("reload: manual", {"sleeper", "version_v1"});
  const pid_t old_poller = site.start();
  rabbit::queue("sleep", site.params("slept", R"("ms": 4000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  site.uninstall("version_v1.so");
  site.install("version_v2");
  const pid_t new_poller = site.start();
  CHECK(new_poller != old_poller);
  rabbit::queue("version", site.params("ran"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.lines("ran") == std::vector<std::string>{"v2 "});
  CHECK(is_running(old_poller));
  CHECK(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(wait_until([&] { return !is_running(old_poller); }));
  CHECK(site.lines("slept").size() == 1);
  CHECK(wait_until([&] { return site.pollers() == std::vector<pid_t>{new_poller}; }));
}

TEST_CASE("takeover: a plugin that can't be used is refused by name, and the old poller goes on") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  const pid_t old_poller = site.start();
  const auto before = state_of(site.pid_file(1));
  for (const auto& broken : broken_plugins()) {
    CAPTURE(broken.reason);
    deploy(site, broken);
    const Ran ran = site.actiond({"start", "--id", "1"});
    CHECK(ran.status == 1);
    CHECK(ran.out == "");
    CHECK(contains(ran.err, broken.reason));
    const bool names_file = contains(ran.err, "broken.so");
    CHECK_MESSAGE(names_file, ran.err);
    CHECK_MESSAGE(count_of(ran.err, "\n") == 1, ran.err);
    CHECK(state_of(site.pid_file(1)) == before);
    // Its own successor, which saw the file too, goes as well.
    CHECK(wait_until([&] { return site.pollers() == std::vector<pid_t>{old_poller}; }));
    site.uninstall("broken.so");
  }
  rabbit::queue("hello_world", R"({"name": "after all"})");
  CHECK(site.wait_for_log("hello after all"));
  CHECK(is_running(old_poller));
}

TEST_CASE("takeover: a poller goes on with the plugin that was removed after it had loaded it") {
  NEEDS_BROKER();
  Site site("", {"version_v1"});
  site.start();
  site.uninstall("version_v1.so");
  rabbit::queue("version", site.params("ran"));
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.lines("ran") == std::vector<std::string>{"v1 "});
}
