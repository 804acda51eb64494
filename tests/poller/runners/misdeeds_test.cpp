// What plugin code does to its runner beyond crashing: nothing counts as done that is not proven,
// and no runner stays that can't be trusted.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "poller/runners/hand_page.hpp"
#include "slot_scene.hpp"

namespace {

class TestDirectory {
 public:
  TestDirectory() {
    std::string path = std::filesystem::temp_directory_path() / "misdeeds.XXXXXX";
    REQUIRE(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string params(const std::string& file, const std::string& then) {
  return nlohmann::json{{"file", file}, {"then", then}}.dump();
}

std::vector<pid_t> pids_in(const std::string& file) {
  std::ifstream lines(file);
  std::vector<pid_t> pids;
  for (pid_t pid; lines >> pid;) pids.push_back(pid);
  return pids;
}

// Any thread of it.
bool is_running(pid_t pid) {
  std::error_code gone;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
    std::ifstream stat(thread.path() / "stat");
    std::string text;
    std::getline(stat, text);
    const auto name_end = text.rfind(") ");
    if (name_end != std::string::npos && text[name_end + 2] != 'Z') return true;
  }
  return false;
}

}  // namespace

TEST_CASE("misdeeds: descriptors that are closed cost no failed run its failure") {
  SlotScene scene({"closes_all", "noop"});
  scene.hand("noop");
  scene.hand("closes_all", R"({"then": "throw"})");
  scene.hand("noop");
  scene.wait_until([&] { return scene.is_dead; });
  CHECK(scene.ended ==
        Texts{"noop: done", "closes_all: crashed crashed: closed descriptors in closes_all"});
  CHECK(scene.returned == Texts{"noop"});
  CHECK(scene.died == "the runner ended by closed descriptors");
}

TEST_CASE("misdeeds: a handler that cuts the runner off and goes on is not waited for") {
  SlotScene scene({"closes_all"});
  scene.hand("closes_all", R"({"then": "sleep"})");
  scene.wait_until([&] { return scene.is_dead; });
  CHECK(scene.ended == Texts{"closes_all: crashed crashed: closed descriptors in closes_all"});
}

// The handler dies of it, and the text of its crash makes the file long again.
TEST_CASE("misdeeds: a handler that cuts all files short has begun") {
  const TestDirectory directory;
  for (int i = 0; i < 10; ++i) {
    SlotScene scene({"nasty"}, [&](const auto& hidden) {
      auto page = HandPage::create(directory.file("."), "1");
      REQUIRE(page.ok());
      return RunnerProcess::spawn_with(std::move(*page), hidden);
    });
    scene.hand(
        "nasty",
        nlohmann::json{{"deed", "cut_files_short"}, {"ledger", directory.file("ledger")}}.dump());
    scene.hand("innocent");
    scene.wait_until([&] { return scene.is_dead; });
    CHECK(scene.ended == Texts{"nasty: crashed crashed: SIGBUS in nasty"});
    CHECK(scene.returned == Texts{"innocent"});
  }
}

TEST_CASE("misdeeds: nothing is written into what takes the place of a descriptor") {
  for (const std::string then : {"throw", "crash", "return"}) {
    CAPTURE(then);
    const TestDirectory directory;
    SlotScene scene({"takes_descriptors"});
    scene.hand("takes_descriptors", params(directory.file("taken"), then));
    scene.wait_until([&] { return scene.is_dead; });
    REQUIRE(scene.ended.size() == 1);
    if (then != "return") CHECK(scene.ended[0].starts_with("takes_descriptors: crashed"));
    for (const char* name : {"taken.0", "taken.1"}) {
      REQUIRE(std::filesystem::exists(directory.file(name)));
      CHECK(std::filesystem::file_size(directory.file(name)) == 0);
    }
  }
}

TEST_CASE("misdeeds: a forked child that comes back does not speak for the runner") {
  for (const std::string child : {"return", "throw", "crash", "queue"}) {
    CAPTURE(child);
    SlotScene scene({"forks_back", "noop"});
    for (int i = 0; i < 20; ++i) scene.hand("forks_back", nlohmann::json{{"child", child}}.dump());
    scene.hand("noop");
    scene.wait_for_ends(21);
    for (int i = 0; i < 20; ++i) CHECK(scene.ended[i] == "forks_back: done");
    CHECK(scene.ended[20] == "noop: done");
    CHECK(scene.queued.empty());
    CHECK(scene.logged.empty());
    CHECK(scene.slot.is_alive());
  }
}

TEST_CASE("misdeeds: a thread that outlives its event acts for no other") {
  SlotScene scene({"late_thread", "noop"});
  scene.hand("late_thread");
  scene.hand("late_victim");
  scene.wait_for_ends(2);
  CHECK(scene.queued.empty());
  CHECK(scene.logged_in_run.empty());
  REQUIRE(scene.logged.size() == 2);
  CHECK(scene.logged[0] == "from a thread that outlived its event: late words");
  CHECK(scene.logged[1].find("the event that started this thread has ended") != std::string::npos);
}

TEST_CASE("misdeeds: a huge reason is cut before it is sent") {
  SlotScene scene({"huge_reason"});
  scene.hand("huge_reason");
  scene.wait_for_ends(1);
  CHECK(scene.ended[0].size() == std::string("huge_reason: failed ").size() + 65536);
}

TEST_CASE("misdeeds: a runtime that takes SIGSEGV for itself makes no endless crash") {
  SlotScene scene({"takes_sigsegv"});
  scene.hand("takes_sigsegv");
  scene.wait_until([&] { return scene.is_dead; });
  REQUIRE(scene.ended.size() == 1);
  CHECK(scene.ended[0] == "takes_sigsegv: crashed crashed: SIGSEGV in takes_sigsegv");
}

TEST_CASE("misdeeds: what a handler has started dies with a runner that is killed or crashes") {
  for (const std::string then : {"hang", "crash"}) {
    CAPTURE(then);
    const TestDirectory directory;
    SlotScene scene({"daemonizes"});
    scene.hand("daemonizes", params(directory.file("pids"), then));
    scene.wait_until([&] { return pids_in(directory.file("pids")).size() == 1; });
    if (then == "hang") scene.slot.kill(Ending::TimedOut, "timed out");
    scene.wait_until([&] { return scene.is_dead; });
    const pid_t daemon = pids_in(directory.file("pids"))[0];
    scene.wait_until([&] { return !is_running(daemon); });
  }
}

TEST_CASE("misdeeds: so does one whose first thread has ended") {
  const TestDirectory directory;
  SlotScene scene({"daemonizes"});
  const nlohmann::json to_threads{
      {"file", directory.file("pids")}, {"then", "crash"}, {"as", "threads"}};
  scene.hand("daemonizes", to_threads.dump());
  scene.wait_until([&] { return scene.is_dead; });
  const auto pids = pids_in(directory.file("pids"));
  REQUIRE(pids.size() == 1);
  scene.wait_until([&] { return !is_running(pids[0]); });
}

TEST_CASE("misdeeds: what a handler has started outlives a runner that ends in peace") {
  const TestDirectory directory;
  SlotScene scene({"daemonizes"});
  scene.hand("daemonizes", params(directory.file("pids"), "return"));
  scene.wait_for_ends(1);
  scene.slot.dismiss();
  scene.wait_until([&] { return scene.is_dead; });
  const pid_t daemon = pids_in(directory.file("pids")).at(0);
  CHECK(is_running(daemon));
  ::kill(daemon, SIGKILL);
}
