// Several plugins at once.
#include <signal.h>

#include <fstream>

#include "site.hpp"

namespace fs = std::filesystem;

namespace {

class DeploySite : public Site {
 public:
  explicit DeploySite(const std::vector<std::string>& plugins)
      : Site("", plugins, Site::kWithoutRabbit) {
    configure("", "sqlite:../queue.db");
  }
  fs::path hold() const { return path("plugins.d/.hold"); }
  int successors() const { return count_of(log(), "starting a successor"); }
  std::string plugins_of_poller() { return actiond({"status", "--json"}).out; }
};

}  // namespace

TEST_CASE("deploy: files are checked, and taken up together") {
  DeploySite site({"recorder"});
  site.start();
  const Ran ran = site.actiond(
      {"deploy", plugin_file("sleeper").native(), plugin_file("hello_world").native()});
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(contains(ran.out, "2 plugins are in "));
  CHECK_FALSE(fs::exists(site.hold()));
  CHECK(wait_until([&] {
    const auto status = site.plugins_of_poller();
    return contains(status, "sleeper.so") && contains(status, "hello_world.so") &&
           contains(status, "recorder.so");
  }));
  CHECK(site.successors() == 1);
}

TEST_CASE("deploy: if one can't be used, nothing is changed") {
  DeploySite site({"recorder"});
  std::ofstream(site.path("broken.so")) << "half of it";
  const Ran ran =
      site.actiond({"deploy", plugin_file("sleeper").native(), site.path("broken.so").native()});
  CHECK(ran.status == 1);
  CHECK(contains(ran.err, "nothing is deployed"));
  CHECK(contains(ran.err, "broken.so"));
  CHECK_FALSE(fs::exists(site.path("plugins.d/sleeper.so")));
  CHECK_FALSE(fs::exists(site.hold()));
  fs::copy_file(plugin_file("recorder"), site.path("twin.so"));
  const Ran twice = site.actiond({"deploy", site.path("twin.so").native()});
  CHECK(twice.status == 1);
  CHECK(contains(twice.err, "provides the event 'record'"));
  CHECK(site.actiond({"deploy", site.path("nowhere.so").native()}).status == 1);
}

TEST_CASE(
    "deploy: of several at once each does all or nothing, and the marker goes with the last") {
  DeploySite site({"recorder"});
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<Process>> deploys;
    for (int i = 0; i < 4; ++i)
      deploys.push_back(site.begin({"deploy", plugin_file("sleeper").native()}));
    int deployed = 0;
    for (auto& deploy : deploys) {
      const Ran ran = deploy->wait();
      deployed += ran.status == 0;
      CHECK_MESSAGE((ran.status == 0 || contains(ran.err, "another deploy is under way")), ran.err);
    }
    CHECK(deployed >= 1);
    for (const auto& entry : fs::directory_iterator(site.path("plugins.d")))
      CHECK_MESSAGE(!entry.path().filename().native().starts_with("."), entry.path());
  }
}

TEST_CASE("deploy: if one can't get its name, those before it get theirs back") {
  DeploySite site({"recorder"});
  fs::create_directories(site.path("build"));
  fs::create_directory(site.path("plugins.d/sleeper.so"));  // nothing can be renamed to that
  fs::copy_file(plugin_file("hello_world"), site.path("build/recorder.so"));
  const auto before = read_text(site.path("plugins.d/recorder.so"));
  const Ran ran = site.actiond({"deploy", site.path("build/recorder.so").native(),
                                plugin_file("noop").native(), plugin_file("sleeper").native()});
  CHECK(ran.status == 1);
  CHECK_MESSAGE(contains(ran.err, "nothing is deployed: "), ran.err);
  CHECK(read_text(site.path("plugins.d/recorder.so")) == before);
  CHECK_FALSE(fs::exists(site.path("plugins.d/noop.so")));
  CHECK_FALSE(fs::exists(site.hold()));
  for (const auto& entry : fs::directory_iterator(site.path("plugins.d")))
    CHECK_MESSAGE(!entry.path().filename().native().starts_with("."), entry.path());
}

TEST_CASE("deploy: one that is interrupted leaves all as it was") {
  DeploySite site({"recorder"});
  const auto deploy = site.begin({"deploy", plugin_file("constructor_hang").native()});
  CHECK(wait_until([&] { return fs::exists(site.hold()); }));
  deploy->signal(SIGINT);
  CHECK(deploy->wait().status == 128 + SIGINT);
  CHECK_FALSE(fs::exists(site.hold()));
  CHECK_FALSE(fs::exists(site.path("plugins.d/constructor_hang.so")));
}

TEST_CASE("deploy: while .hold is there nothing is taken up, also not by a start") {
  DeploySite site({"recorder"});
  CHECK(site.actiond({"start", "--id", "1"}).status == 0);
  std::ofstream(site.hold()) << "";
  site.install("sleeper");
  const Ran restarted = site.actiond({"start", "--id", "1"});
  CHECK_MESSAGE(restarted.status == 0, restarted.err);
  CHECK(site.wait_for_log(".hold holds new plugins back"));
  CHECK_FALSE(contains(site.plugins_of_poller(), "sleeper.so"));
  const Ran refused = site.actiond({"start", "--id", "2"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, ".hold holds new plugins back"));
  const Ran deployed = site.actiond({"deploy", plugin_file("hello_world").native()});
  CHECK(deployed.status == 0);
  CHECK(fs::exists(site.hold()));
  CHECK(site.successors() == 0);
  fs::remove(site.hold());
  CHECK(wait_until([&] {
    const auto status = site.plugins_of_poller();
    return contains(status, "sleeper.so") && contains(status, "hello_world.so");
  }));
}

TEST_CASE("deploy: an emptied directory takes nothing from those who run") {
  DeploySite site({"recorder"});
  const pid_t poller = site.start();
  site.uninstall("recorder.so");
  CHECK(site.wait_for_log("has no plugin any more: put them back"));
  const Ran refused = site.actiond({"start", "--id", "1"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "has no plugin any more"));
  CHECK(is_running(poller));
  CHECK(contains(site.plugins_of_poller(), "recorder.so"));
  CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
  CHECK(site.actiond({"start", "--id", "1"}).status == 0);
}
