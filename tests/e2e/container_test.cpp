// A poller as the first process of a container, which a PID namespace is enough for.
#include <signal.h>
#include <unistd.h>

#include "site.hpp"

namespace {

std::unique_ptr<Process> run_as_pid_1(const Site& site) {
  return std::make_unique<Process>(
      std::vector<std::string>{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                               ACTIOND, "run", "--config", site.path("config/actiond.yaml")},
      site.path("output/container"));
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
