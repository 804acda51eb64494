// As many pollers as are needed: actiond cluster.
#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "site.hpp"

namespace {

const std::string kTwo = "cluster: {ids: 101..104, min: 2}";

// With the load that this machine may have by other tests beside it.
const std::string kGrowing =
    "cluster: {ids: 101..104, min: 1, max: 3, max_load: 10000, step: 2, drain_within: 1s}";

// A process that is about to become a poller is none yet.
std::size_t recorded(const Site& site) {
  std::size_t count = 0;
  for (int id = 101; id <= 104; ++id) count += site.recorded_pid(id) != 0;
  return count;
}

// Kills poller `id`, and waits until another one has that id.
bool is_replaced(const Site& site, int id) {
  const pid_t killed = site.recorded_pid(id);
  end_process(killed);
  return wait_until(
      [&] {
        const pid_t pid = site.recorded_pid(id);
        return pid != killed && pid != 0 && is_running(pid);
      },
      20s);
}

}  // namespace

TEST_CASE("scaling: what would be done is said, and then it is done") {
  NEEDS_BROKER();
  Site site(kTwo, {"hello_world"});
  Ran ran = site.actiond({"cluster", "--once", "--dry-run"});
  CHECK(ran.status == 0);
  CHECK(contains(ran.out, "0 of its 2..4 pollers: would start 101, 102: fewer than min: 2\n"));
  CHECK(site.pollers().empty());

  ran = site.actiond({"cluster", "--once", "--json"});
  CHECK(ran.status == 0);
  const auto step = nlohmann::json::parse(ran.out);
  CHECK(step["pollers"] == 0);
  CHECK(step["change"] == 2);
  CHECK(step["ids"] == std::vector<int>{101, 102});
  CHECK(step["why"] == "fewer than min: 2");
  CHECK(site.recorded_pid(101) != 0);
  CHECK(site.recorded_pid(102) != 0);
  CHECK(site.pollers().size() == 2);
}

TEST_CASE("scaling: without bounds in the configuration it says what to write") {
  Site site("", {}, Site::kWithoutRabbit);
  const Ran ran = site.actiond({"cluster", "--once"});
  CHECK(ran.status != 0);
  CHECK(contains(ran.err, "write the ids of the pollers that it may start"));
}

TEST_CASE("scaling: what is killed is replaced, another one waits, and pollers outlive it") {
  NEEDS_BROKER();
  Site site(kTwo, {"hello_world"});
  site.start(1);  // is none of its own
  auto first = site.begin({"cluster"});
  REQUIRE(wait_until([&] { return recorded(site) == 2; }));
  CHECK(is_replaced(site, 101));

  auto second = site.begin({"cluster"});
  REQUIRE(wait_until([&] { return contains(second->out(), "this one waits for its end"); }));
  REQUIRE(is_replaced(site, 102));
  CHECK_FALSE(contains(second->out(), "starts"));

  const std::vector<pid_t> before{site.recorded_pid(1), site.recorded_pid(101),
                                  site.recorded_pid(102)};
  end_process(first->pid());
  for (const pid_t pid : before) CHECK(is_running(pid));
  CHECK(is_replaced(site, 102));
  CHECK(contains(second->out(), "starts 102"));
}

TEST_CASE("scaling: more are started while events wait, none twice, and never above max") {
  NEEDS_BROKER();
  Site site(kGrowing, {"sleeper"});
  auto cluster = site.begin({"cluster"});
  REQUIRE(wait_until([&] { return recorded(site) == 1; }));
  {
    rabbit::Publishing publishing;
    publishing.queue("sleep", site.params("ran", R"("ms": 200)"), "medium", 150);
  }
  std::size_t most = 0;
  CHECK(wait_until(
      [&] {
        most = std::max(most, recorded(site));
        return site.lines("ran").size() == 150;
      },
      60s));
  CHECK(most == 3);
  CHECK(contains(cluster->out(), "of its 1..3 pollers: starts 102, 103: "));
  std::set<std::string> ids;
  for (const auto& line : site.lines("ran")) ids.insert(line.substr(0, line.find(' ')));
  CHECK(ids.size() == 150);
  CHECK(cluster->is_alive());
}

TEST_CASE("scaling: what is not needed any more is stopped, idle ones first (long)") {
  NEEDS_BROKER();
  if (std::getenv("ACTION_TEST_LONG") == nullptr) SKIP_TEST("ACTION_TEST_LONG does not ask for it");
  Site site(kGrowing, {"sleeper"});
  site.start(101);
  site.start(102);
  site.start(103);
  rabbit::Publishing().queue("sleep", site.params("ran", R"("ms": 100000)"), "medium", 1);
  REQUIRE(site.wait_for_lines("ran", 1));
  auto cluster = site.begin({"cluster"});
  CHECK(wait_until([&] { return recorded(site) == 2; }, 60s));
  CHECK(contains(cluster->out(), ": stops "));
  CHECK(site.lines("ran").size() == 1);  // it was not interrupted
}
