// What plugin code does to its runner beyond crashing: the event is accounted for as it ended, and
// nothing is left of what the handler has started. Without a server: the queue is a file.
#include <signal.h>

#include <action/client.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "site.hpp"

namespace {

class MisdeedSite : public Site {
 public:
  explicit MisdeedSite(const std::vector<std::string>& plugins, const std::string& yaml = {})
      : Site(yaml, plugins, Site::kWithoutRabbit) {
    configure(yaml, "sqlite:../queue.db");
  }
  void post(const std::string& event, const nlohmann::json& params, int count = 1) {
    action::Client client("sqlite:" + path("queue.db").native(),
                          {.application = rabbit::application()});
    for (int n = 0; n < count; ++n) client.post(event, params, {.queue = "medium"});
    client.flush();
  }
  std::size_t dead() {
    return nlohmann::json::parse(actiond({"dead", "list", "--json"}).out)["total"]
        .get<std::size_t>();
  }
};

bool is_any_stopped(const std::vector<pid_t>& processes) {
  return std::any_of(processes.begin(), processes.end(), [](pid_t pid) {
    return contains(read_text("/proc/" + std::to_string(pid) + "/status"), "State:\tT");
  });
}

}  // namespace

TEST_CASE("misdeeds: a run that fails after it closed the runner's descriptors is not done") {
  MisdeedSite site({"closes_all", "recorder"});
  const pid_t poller = site.start();
  site.post("closes_all", {{"then", "throw"}});
  CHECK(site.wait_for_log("crashed: closed descriptors in closes_all"));
  CHECK_FALSE(contains(site.log(), "Finished processing medium:closes_all"));
  CHECK(wait_until([&] { return site.dead() == 1; }));
  site.post("record", {{"file", site.path("after").native()}, {"text", "ran"}});
  CHECK(site.wait_for_lines("after", 1));
  CHECK(site.pollers() == std::vector<pid_t>{poller});
}

TEST_CASE("misdeeds: children that come back from a handler change no event's end") {
  MisdeedSite site({"forks_back"});
  site.start();
  for (const char* child : {"return", "throw", "crash"})
    site.post("forks_back", {{"child", child}, {"file", site.path("children").native()}}, 20);
  CHECK(site.wait_for_lines("children", 60));
  CHECK(wait_until([&] { return count_of(site.log(), "Finished processing") == 60; }));
  CHECK(site.dead() == 0);
  for (const auto& child : site.lines("children")) CHECK_FALSE(is_running(std::stoi(child)));
}

TEST_CASE("misdeeds: what a handler has started ends with stop --now, and at its timeout") {
  for (const bool is_stop : {true, false}) {
    CAPTURE(is_stop);
    MisdeedSite site({"daemonizes"}, is_stop ? "" : "timeout: 500ms");
    site.start();
    site.post("daemonizes", {{"file", site.path("pids").native()}, {"then", "hang"}});
    REQUIRE(site.wait_for_lines("pids", 1));
    if (is_stop) CHECK(site.actiond({"stop", "--id", "1", "--now"}).status == 0);
    const pid_t daemon = std::stoi(site.lines("pids")[0]);
    CHECK(wait_until([&] { return !is_running(daemon); }));
  }
}

TEST_CASE(
    "misdeeds: a runner that is stopped between two events is replaced, and no attempt spent") {
  MisdeedSite site({"recorder"});
  const pid_t poller = site.start();
  const auto runners = children_of(poller);
  REQUIRE(runners.size() == 1);
  REQUIRE(::kill(runners[0], SIGSTOP) == 0);
  site.post("record", {{"file", site.path("ran").native()}, {"text", "x"}});
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.wait_for_log("Finished processing medium:record"));
  CHECK(count_of(site.log(), "Processing medium:record") == 1);
  CHECK(contains(site.log(),
                 "the runner began nothing of what it was handed for 10 s: starting another"));
  CHECK(site.dead() == 0);
  CHECK(site.pollers() == std::vector<pid_t>{poller});
}

TEST_CASE("misdeeds: a plugin that stops the poller that loads it holds nobody up") {
  MisdeedSite site({"recorder"});
  const pid_t poller = site.start();
  site.install("constructor_stops");
  REQUIRE(wait_until([&] { return site.pollers().size() == 2 && is_any_stopped(site.pollers()); }));
  site.install("noop", "constructor_stops");
  CHECK(wait_until([&] {
    const auto pollers = site.pollers();
    return pollers.size() == 1 && pollers[0] != poller && pollers[0] == site.recorded_pid(1);
  }));
}

TEST_CASE("misdeeds: a handler ends programs that it started, and its poller never") {
  MisdeedSite site({"ends_children"});
  const pid_t poller = site.start();
  for (const char* by : {"pid", "group"}) site.post("ends_children", {{"by", by}}, 3);
  CHECK(wait_until([&] { return count_of(site.log(), "Finished processing") == 6; }));
  CHECK(site.dead() == 0);
  CHECK(site.pollers() == std::vector<pid_t>{poller});
}

TEST_CASE("misdeeds: a plugin that never ends loading is refused after load_timeout, everywhere") {
  MisdeedSite site({"constructor_hang"}, "load_timeout: {constructor_hang.so: 500ms}");
  const std::string sentence =
      "plugin constructor_hang.so took longer than 500ms to load: raise load_timeout if it has to";
  for (const auto& words :
       {std::vector<std::string>{"start", "--id", "1"}, std::vector<std::string>{"check"},
        std::vector<std::string>{"plugins"}}) {
    CAPTURE(words[0]);
    const auto ran = site.actiond(words);
    CHECK(ran.status != 0);
    CHECK(contains(ran.out + ran.err, sentence));
  }
}
