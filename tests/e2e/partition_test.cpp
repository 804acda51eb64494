// Two machines of a fleet, and the network between one of them and the broker is cut.
#include <nlohmann/json.hpp>

#include "../network/proxy.hpp"
#include "site.hpp"

namespace {

using nlohmann::json;

// A machine of its own as far as the network and its name go, for as long as this lives. It reaches
// the broker at the address that everybody uses, by its loopback alone: cut that, and every packet
// vanishes.
class Machine {
 public:
  Machine(const Site& site, const std::string& name)
      : process_({"unshare", "--net", "--uts", "sh", "-c",
                  "hostname " + name + " && ip link set lo up && echo up && exec sleep 600"},
                 site.path("output/machine")) {
    if (!wait_until([&] { return !process_.out().empty() || !process_.is_alive(); }) ||
        process_.out().empty())
      return;
    to_broker_ = std::make_unique<Proxy>(
        test_broker(), [](Towards, int) { return 0ms; }, pid());
  }

  bool is_up() const { return to_broker_ != nullptr; }
  std::string problem() const { return process_.err(); }
  pid_t pid() const { return process_.pid(); }

  void set_network(const Site& site, const std::string& state) {
    const Ran ran = Process({"nsenter", "--net", "--target", std::to_string(pid()), "ip", "link",
                             "set", "lo", state},
                            site.path("output/network"))
                        .wait();
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
  }

 private:
  Process process_;
  std::unique_ptr<Proxy> to_broker_;
};

json fleet_status(Site& site) {
  const Ran ran = site.actiond({"status", "--host", "all", "--json"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  return json::parse(ran.out);
}

bool answer_both(Site& site) {
  return fleet_status(site)["fleet"].value("answered", 0u) == 2;
}

void queue(Site& site, int count) {
  rabbit::queue("record", site.params("ran", R"("text": "{n}")"), "medium", count);
}

}  // namespace

TEST_CASE("partition: each half goes on, who is cut off is named, and both are one again") {
  NEEDS_BROKER();
  NEEDS_ROOT();
  rabbit::delete_queue("roster.v1");  // of other cases' pollers
  Site here("", {"recorder"}), there("", {"sleeper"});
  Machine machine(here, "elsewhere");
  if (!machine.is_up()) SKIP_TEST("no network of its own can be made: ", machine.problem());
  there.move_to(machine.pid());
  here.start(1, {"--queues", "medium"});
  there.start(2, {"--queues", "high"});
  REQUIRE(wait_until([&] { return answer_both(here); }));
  rabbit::queue("sleep", there.params("slept", R"("ms": 4000)"), "high");
  REQUIRE(there.wait_for_log("Processing high:sleep", 2));

  machine.set_network(here, "down");
  queue(here, 50);
  CHECK(here.wait_for_lines("ran", 50));
  const Ran status = here.actiond({"status", "--host", "all"});
  CHECK(status.status == 0);
  CHECK(contains(status.out, "1 of 2 pollers answered in "));
  CHECK(contains(status.out, "; not: elsewhere/2\n"));
  CHECK(there.wait_for_log("Finished processing high:sleep", 2));
  CHECK(contains(there.actiond({"status"}).out, "sleeper 0.1.0"));
  CHECK(there.wait_for_log(": connecting again", 2, 60s));
  queue(here, 50);
  CHECK(here.wait_for_lines("ran", 100));

  machine.set_network(here, "up");
  CHECK_MESSAGE(wait_until([&] { return answer_both(here); }, 25s), there.log(2));
  CHECK(here.lines("ran").size() == 100);
  CHECK(times_lost(here) == 0);
  CHECK(wait_until([&] { return rabbit::ready("high") == 0; }));
  CHECK(rabbit::ready("dead") == 0);
}
