// A poller as the first process of a container, which a PID namespace is enough for.
#include <signal.h>
#include <unistd.h>

#include "site.hpp"

namespace {

std::unique_ptr<Process> run_as_pid_1(const Site& site,
                                      const std::vector<std::string>& words = {}) {
  std::vector<std::string> all{"unshare",      "--pid",        "--fork",
                               "--mount-proc", "--kill-child", ACTIOND,
                               "run",          "--config",     site.path("config/actiond.yaml")};
  all.insert(all.end(), words.begin(), words.end());
  return std::make_unique<Process>(
      all, site.path("output/container" + (words.empty() ? "" : words.back())));
}

}  // namespace

TEST_CASE("container: pid 1 passes signals on, buries orphans, and ends as the poller does") {
  NEEDS_BROKER();
  Site site("", {"daemonizes", "sleeper"});
  const auto container = run_as_pid_1(site);
  const auto is_at_work = [&] { return contains(container->err(), "is at work"); };
  REQUIRE(wait_until([&] { return is_at_work() || !container->is_alive(); }));
  if (contains(container->err(), "unshare: "))
    SKIP_TEST("no PID namespace here: ", container->err());
  REQUIRE_MESSAGE(is_at_work(), container->err());
  const pid_t init = children_of(container->pid()).at(0);
  REQUIRE(children_of(init).size() == 1);
  const pid_t poller = children_of(init).at(0);

  rabbit::queue("daemonizes", site.params("daemon", R"("then": "return")"));
  CHECK(wait_until([&] { return children_of(init).size() == 2; }));
  for (const pid_t child : children_of(init))
    if (child != poller) ::kill(child, SIGKILL);
  CHECK(wait_until([&] { return children_of(init).size() == 1; }));

  rabbit::queue("sleep", site.params("slept", R"("ms": 500)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  ::kill(init, SIGTERM);
  CHECK(container->wait().status == 0);
  CHECK(contains(container->err(), "Finished processing medium:sleep"));
}

TEST_CASE("container: of two pollers with one pid, stop names the one that it can't reach") {
  Site site("", {"recorder"}, Site::kWithoutRabbit);
  site.configure("", "sqlite:../queue.db");
  std::vector<std::unique_ptr<Process>> containers;
  for (const char* id : {"1", "2"}) {
    containers.push_back(run_as_pid_1(site, {"--id", id}));
    const auto& container = *containers.back();
    const auto is_at_work = [&] { return contains(container.err(), "is at work"); };
    REQUIRE(wait_until([&] { return is_at_work() || !container.is_alive(); }));
    if (contains(container.err(), "unshare: "))
      SKIP_TEST("no PID namespace here: ", container.err());
    REQUIRE_MESSAGE(is_at_work(), container.err());
  }
  REQUIRE(site.recorded_pid(1) == site.recorded_pid(2));
  const pid_t init = children_of(containers[1]->pid()).at(0);
  ::kill(children_of(init).at(0), SIGSTOP);
  for (const auto& entry : std::filesystem::directory_iterator(site.path("run")))
    if (entry.path().extension() == ".sock" && contains(entry.path().filename(), "poller.2."))
      std::filesystem::remove(entry.path());
  const Ran ran = site.actiond({"stop", "--all"});
  CHECK(contains(ran.out, "poller 1 (pid 2) has stopped"));
  CHECK(ran.status == 1);
  CHECK_MESSAGE(contains(ran.err, "can't be signalled from here: end it where it runs"), ran.err);
}
