// Directories that are moved, cleaned and shared under running pollers: a path is no command, and
// who is there is asked.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "site.hpp"

namespace fs = std::filesystem;

namespace {

// A queue file, and what is in run_dir is the test's to spoil.
class RunDirSite : public Site {
 public:
  explicit RunDirSite(const std::string& yaml = {})
      : Site(yaml, {"recorder"}, Site::kWithoutRabbit) {
    configure(yaml, "sqlite:../queue.db");
  }
  void record(const std::string& text) {
    const Ran ran = actiond({"enqueue", "record", params("ran", "\"text\": \"" + text + "\"")});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }
  // Another poller than this one is poller 1, and that has ended.
  [[nodiscard]] bool wait_for_successor(pid_t before) {
    return wait_until([&] {
      const pid_t now = recorded_pid(1);
      return now != 0 && now != before && is_running(now) && !is_running(before);
    });
  }
};

}  // namespace

TEST_CASE("run_dir: removed, a successor is started, and no second without a poller") {
  RunDirSite site;
  const pid_t before = site.start();
  fs::remove_all(site.path("run"));
  REQUIRE(site.wait_for_successor(before));
  site.record("after");
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(contains(site.actiond({"status"}).out, "idle"));
}

TEST_CASE("run_dir: emptied, a successor is started") {
  RunDirSite site("log: {file: ../log}");
  const pid_t before = site.start();
  for (const auto& entry : fs::directory_iterator(site.path("run"))) fs::remove_all(entry.path());
  REQUIRE_MESSAGE(site.wait_for_successor(before), read_text(site.path("log")));
  site.record("after");
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE("run_dir: switched to another release, a successor takes over there") {
  RunDirSite site("run_dir: ../current/run");
  for (const char* release : {"one", "two"}) fs::create_directory(site.path(release));
  fs::create_directory_symlink("one", site.path("current"));
  REQUIRE(site.actiond({"start", "--id", "1"}).status == 0);
  const auto pid_in = [&](const std::string& release) {
    const auto lines = read_lines(site.path(release + "/run/poller.1.pid"));
    return lines.empty() ? 0 : std::atoi(lines[0].c_str());
  };
  const pid_t before = pid_in("one");
  fs::create_directory_symlink("two", site.path("next"));
  fs::rename(site.path("next"), site.path("current"));
  REQUIRE(wait_until([&] { return pid_in("two") != 0 && !is_running(before); }));
  CHECK(is_running(pid_in("two")));
  CHECK(pid_in("one") == 0);
  site.record("after");
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(contains(
      read_text(site.path("one/run/poller.1.log")),
      "run_dir " + site.path("current/run").native() + " was emptied or is another directory now"));
}

TEST_CASE("run_dir: gone, where nobody can take over, the poller ends with a failure") {
  RunDirSite site;
  const auto running = site.begin({"run", "--id", "1"});
  REQUIRE(wait_until([&] { return site.recorded_pid(1) == running->pid(); }));
  fs::remove_all(site.path("run"));
  const Ran ran = running->wait(20s);
  CHECK(ran.status == 1);
  CHECK(contains(ran.err, "run_dir " + site.path("run").native() + " is gone"));
}

TEST_CASE("run_dir: a poller without an id is found again there, or ends with a failure") {
  RunDirSite site;
  const auto running = site.begin({"run"});
  REQUIRE(wait_until([&] { return contains(running->err(), "is at work"); }));
  const auto is_found = [&] {
    const auto files = fs::directory_iterator(site.path("run"));
    return std::any_of(begin(files), end(files),
                       [](const auto& entry) { return entry.path().extension() == ".sock"; });
  };
  for (const auto& entry : fs::directory_iterator(site.path("run"))) fs::remove_all(entry.path());
  CHECK(wait_until(is_found));
  SUBCASE("found") {
    CHECK(contains(site.actiond({"stop", "--all"}).out, "has stopped"));
    CHECK(running->wait(20s).status == 0);
  }
  SUBCASE("gone") {
    fs::remove_all(site.path("run"));
    const Ran ran = running->wait(20s);
    CHECK(ran.status == 1);
    CHECK(contains(ran.err, "is gone, and nobody would find this poller"));
  }
}

TEST_CASE("run_dir: emptied, and no successor can start, the poller goes on there") {
  RunDirSite site("log: {file: ../log}");
  const pid_t poller = site.start();
  std::ofstream(site.path("plugins.d/.hold")) << "";
  for (const auto& entry : fs::directory_iterator(site.path("run"))) fs::remove_all(entry.path());
  REQUIRE(wait_until([&] { return contains(site.actiond({"status"}).out, "poller 1"); }));
  REQUIRE_MESSAGE(wait_until([&] { return site.recorded_pid(1) == poller; }, 30s),
                  read_text(site.path("log")));
  site.record("after");
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
  CHECK_FALSE(is_running(poller));
}

TEST_CASE("run_dir: without the copies of the plugins the next runner has new ones") {
  RunDirSite site;
  const pid_t poller = site.start();
  fs::remove_all(site.path("run/snapshots"));
  for (const pid_t runner : children_of(poller)) end_process(runner);
  site.record("after");
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(site.wait_for_log("is not whole any more: copying them anew"));
}

TEST_CASE("run_dir: a poller whose runner can't be had is not idle") {
  RunDirSite site;
  const pid_t poller = site.start();
  fs::rename(site.path("plugins.d"), site.path("away"));
  fs::remove_all(site.path("run/snapshots"));
  for (const pid_t runner : children_of(poller)) end_process(runner);
  CHECK(wait_until([&] { return contains(site.actiond({"status"}).out, "no runner"); }));
  fs::rename(site.path("away"), site.path("plugins.d"));
  site.record("after");
  CHECK(site.wait_for_lines("ran", 1));
}

TEST_CASE("run_dir: shared with another machine, nobody there is replaced, signalled or removed") {
  RunDirSite site;
  fs::create_directory(site.path("run"));
  // What a poller in another container leaves there: a PID that is somebody else's here.
  const Process stranger({"sleep", "600"}, site.path("output/stranger"));
  std::ofstream(site.pid_file(1)) << stranger.pid() << "\n1-a\nhost web-2 namespace 7 boot b\n";
  const std::string record = read_text(site.pid_file(1));
  const std::string lock =
      "exec 9< " + site.pid_file(1).native() + "; flock 9; echo held; exec sleep 600";
  Process holder({"/bin/sh", "-c", lock}, site.path("output/holder"));
  REQUIRE(wait_until([&] { return contains(holder.out(), "held"); }));

  const Ran refused = site.actiond({"start", "--id", "1"});
  CHECK(refused.status == 1);
  CHECK(contains(refused.err, "poller 1 is alive elsewhere"));
  CHECK(contains(site.actiond({"status"}).out, "does not answer"));
  const Ran stopped = site.actiond({"stop", "--id", "1"});
  CHECK(stopped.status == 1);
  CHECK(contains(stopped.err, "can't be signalled from here"));
  CHECK(stranger.is_alive());
  CHECK(read_text(site.pid_file(1)) == record);

  holder.signal(SIGKILL);
  holder.wait();
  CHECK(site.actiond({"start", "--id", "1"}).status == 0);
  CHECK(stranger.is_alive());
}

TEST_CASE("run_dir: a takeover says from whom, and to whom") {
  RunDirSite site;
  const pid_t before = site.start();
  const pid_t after = site.start();
  CHECK(site.wait_for_log("taking over from poller 1 (pid " + std::to_string(before) + ")"));
  CHECK(site.wait_for_log("is no longer this process's but that of pid " + std::to_string(after)));
}

TEST_CASE("run_dir: what a poller left behind that was killed stays, and is nobody's") {
  RunDirSite site;
  const auto running = site.begin({"run"});
  REQUIRE(wait_until([&] { return contains(running->err(), "is at work"); }));
  running->signal(SIGKILL);
  running->wait();
  CHECK(contains(site.actiond({"stop", "--all"}).out, "no poller runs"));
  CHECK_FALSE(contains(site.actiond({"status"}).out, "console"));
}

TEST_CASE("run_dir: a poller on a terminal ends when that hangs up, unless it was to outlive it") {
  RunDirSite site;
  // script(1) makes the terminal; its end is the hang-up.
  for (const bool is_to_outlive : {false, true}) {
    CAPTURE(is_to_outlive);
    const std::string command = "cd " + site.path("output").native() + "; " +
                                (is_to_outlive ? "nohup " : "") + ACTIOND +
                                " run --id 1 --config " + site.path("config/actiond.yaml").native();
    Process terminal({"script", "-qc", command, "/dev/null"}, site.path("output/script"));
    REQUIRE(wait_until([&] { return site.recorded_pid(1) != 0; }));
    const pid_t poller = site.recorded_pid(1);
    terminal.signal(SIGKILL);
    terminal.wait();
    if (is_to_outlive) {
      site.record("unseen");
      CHECK(site.wait_for_lines("ran", 1));
      CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
    } else {
      CHECK(wait_until([=] { return !is_running(poller); }));
      CHECK_FALSE(fs::exists(site.pid_file(1)));
    }
  }
}
