// Pollers that are seen and steered over the broker.
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "../network/proxy.hpp"
#include "site.hpp"

namespace {

using nlohmann::json;

const std::string kFull = "remote: full\nremote_secret: a secret of this test";

std::string host() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string poller(int id) {
  return host() + "/" + std::to_string(id);
}

json fleet_status(Site& site) {
  const Ran ran = site.actiond({"status", "--host", "all", "--json"});
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  return json::parse(ran.out);
}

// All have joined, and nobody of an earlier case is missed.
void until_there(Site& site, std::size_t count) {
  REQUIRE(wait_until([&] { return fleet_status(site)["fleet"].value("answered", 0u) == count; }));
}

// What earlier cases have written there.
void forget_roster() {
  rabbit::delete_queue("roster.v1");
}

}  // namespace

TEST_CASE("fleet: status shows every poller, and names the one that was killed") {
  NEEDS_BROKER();
  forget_roster();
  Site site("", {"hello_world"}), other("", {"hello_world"});
  for (int id = 1; id <= 3; ++id) site.start(id);
  const pid_t killed = other.start(4);
  until_there(site, 4);
  const auto status = fleet_status(site);
  REQUIRE(status["pollers"].size() == 4);
  CHECK(status["pollers"][3]["poller"] == poller(4));
  CHECK(status["pollers"][3]["state"] == "idle");
  CHECK(status["pollers"][0]["plugins"][0]["name"] == "hello_world");

  end_process(killed);
  const Ran ran = site.actiond({"status", "--host", host()});
  CHECK(ran.status == 0);
  CHECK(contains(ran.out, "3 of 4 pollers answered in "));
  CHECK(contains(ran.out, "; not: " + poller(4) + "\n"));
  CHECK(contains(ran.out, "poller " + poller(4) + ": last heard of "));

  // One that leaves as it should is not missed.
  CHECK(site.actiond({"stop", "--id", "3"}).status == 0);
  CHECK(contains(site.actiond({"status", "--host", "all"}).out, "2 of 3 pollers answered"));
  const Ran elsewhere = site.actiond({"status", "--host", "elsewhere"});
  CHECK(contains(elsewhere.out, "no poller is known there: is the machine's name right?"));
  CHECK(contains(elsewhere.out, "0 of 0 pollers answered"));
  const Ran plugins = site.actiond({"plugins", "--host", "all"});
  CHECK(plugins.status == 0);
  CHECK(contains(plugins.out, poller(1)));
  CHECK(contains(plugins.out, "hello_world 1.0.0"));
}

TEST_CASE("fleet: a paused queue is left alone within a second, and taken from again as soon") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  for (int id = 1; id <= 8; ++id) site.start(id);
  until_there(site, 8);
  CHECK(site.actiond({"pause", "high"}).status == 0);
  for (int id = 1; id <= 8; ++id)
    CHECK_MESSAGE(site.wait_for_log("the queue high is paused", id, 1s), site.log(id));
  CHECK(site.actiond({"resume", "high"}).status == 0);
  for (int id = 1; id <= 8; ++id)
    CHECK_MESSAGE(site.wait_for_log("the queue high is resumed", id, 1s), site.log(id));
}

TEST_CASE("fleet: commands go where they are meant to go") {
  NEEDS_BROKER();
  forget_roster();
  Site site(kFull, {"hello_world"});
  site.start(1);
  site.start(2);
  until_there(site, 2);
  const Ran quiet = site.actiond({"quiet", "--host", "all", "--id", "2", "--json"});
  CHECK(quiet.status == 0);
  CHECK(json::parse(quiet.out) == json{{"quiet", {poller(2)}}});
  CHECK(site.wait_for_log("says 'quiet' over the broker", 2));
  CHECK_FALSE(contains(site.log(1), "says 'quiet'"));
  CHECK(site.actiond({"resume", "--host", host()}).status == 0);
  CHECK(site.wait_for_log("says 'resume' over the broker", 1));

  const Ran nobody = site.actiond({"quiet", "--host", "box99", "--id", "7"});
  CHECK(nobody.status == 1);
  CHECK(contains(nobody.err, "poller box99/7 does not answer"));
  CHECK(site.actiond({"quiet"}).status == 2);
  CHECK(contains(site.actiond({"quiet", "--host", "box99"}).err, "no poller answers on box99: "));
  CHECK(contains(site.actiond({"quiet", "--host", "all", "--id", "7"}).err,
                 "no such poller answers on any machine: actiond status --host all"));

  const Ran stop = site.actiond({"stop", "--host", host()});
  CHECK_MESSAGE(stop.status == 0, stop.err);
  for (int id = 1; id <= 2; ++id)
    CHECK(contains(stop.out, "poller " + poller(id) + " has stopped"));
  CHECK(wait_until([&] { return site.pollers().empty(); }));
}

TEST_CASE("fleet: a command without the secret is refused, and logged") {
  NEEDS_BROKER();
  forget_roster();
  Site site(kFull, {"hello_world"}), closed("", {"hello_world"}), silent("remote: none");
  const pid_t first = site.start(1);
  const pid_t second = closed.start(2);
  until_there(site, 2);
  for (const std::string secret : {"a secret of somebody else", "none"}) {
    Site forger("remote: full\nremote_secret: " + secret, {}, Site::kWithoutRabbit);
    const Ran ran = forger.actiond({"stop", "--host", "all", "--all"});
    CHECK(ran.status == 1);
    CHECK(contains(ran.err, "poller " + poller(2) + ": 'stop' is not for other machines to say"));
  }
  CHECK(site.wait_for_log("the command's seal is not made with this poller's remote_secret"));
  CHECK(site.wait_for_log("the command is not sealed"));
  CHECK(is_running(first));
  CHECK(is_running(second));
  silent.start(3);
  CHECK(fleet_status(site)["fleet"]["answered"] == 2);
}

TEST_CASE("fleet: 'remote: full' without a word on the secret is refused") {
  Site site("remote: full", {}, Site::kWithoutRabbit);
  site.configure("remote: full", "amqp://127.0.0.1:1");
  const Ran ran = site.actiond({"status"});
  CHECK(ran.status == 1);
  CHECK(contains(ran.err, "'remote: full' wants 'remote_secret': the same on every machine"));
  site.configure("remote: full\nremote_secret: short", "amqp://127.0.0.1:1");
  const Ran brief = site.actiond({"status"});
  CHECK(contains(brief.err, "'remote_secret' must have at least 16 bytes, or be none"));
  CHECK_FALSE(contains(brief.err, "short"));
}

TEST_CASE("wait: until every poller runs the plugin set, or who lags is named") {
  NEEDS_BROKER();
  forget_roster();
  Site site("", {"hello_world"});
  site.start(1);
  site.start(2);
  const Ran here = site.actiond({"wait", "--current"});
  CHECK_MESSAGE(here.status == 0, here.err);
  CHECK(contains(here.out, "2 pollers run the plugin set "));
  const auto set = json::parse(site.actiond({"status", "--json"}).out)["pollers"][0]["plugin_set"];
  CHECK(site.actiond({"wait", "--set", set, "--host", "all"}).status == 0);

  site.install("version_v1", "version");
  const Ran there = site.actiond({"wait", "--current", "--host", host()});
  CHECK_MESSAGE(there.status == 0, there.err);
  const Ran late = site.actiond({"wait", "--set", set, "--timeout", "100ms"});
  CHECK(late.status == 1);
  CHECK(contains(late.err, "poller 1 does not run the plugin set " + set.get<std::string>()));
  CHECK(contains(late.err, "poller 2 does not run"));
  CHECK(site.actiond({"wait"}).status == 2);
  const Ran nowhere =
      site.actiond({"wait", "--current", "--host", "elsewhere", "--timeout", "1ms"});
  CHECK(nowhere.status == 1);
  CHECK(contains(nowhere.err, "no poller answers on elsewhere: "));
  Site empty("", {}, Site::kWithoutRabbit);
  empty.configure("", "amqp://127.0.0.1:1");
  CHECK(contains(empty.actiond({"wait", "--current", "--timeout", "1ms"}).err, "no poller runs"));
}

TEST_CASE("wait: a connection to the broker that is lost is made anew") {
  NEEDS_NODE();
  forget_roster();
  Site site("", {"hello_world"}), away("", {"hello_world", "throws"});
  site.start();
  until_there(site, 1);
  const Proxy proxy(test_broker(), [](Towards, int) { return 0ms; });
  away.configure("", proxy.url());
  const auto waiting = away.begin({"wait", "--current", "--host", "all"});
  // Each look adds some: by then it has looked more than once.
  REQUIRE(wait_until([&] { return proxy.round_trips() > 40 || !waiting->is_alive(); }));
  site.rabbitmq({"ctl", "-q", "close_all_connections", "--global", "for a test"});
  rabbit::disconnect();
  CHECK(wait_until([&] { return proxy.connections() > 1 || !waiting->is_alive(); }));
  CHECK(waiting->is_alive());
  site.install("throws");
  const Ran done = waiting->wait();
  CHECK_MESSAGE(done.status == 0, done.err);
}

TEST_CASE(
    "fleet: killed pollers leave no queue behind, and a broker that restarts finds them again") {
  NEEDS_NODE();
  forget_roster();
  Site site("", {"hello_world"});
  for (int id = 1; id <= 4; ++id) site.start(id);
  until_there(site, 4);
  site.rabbitmq({"restart"});
  rabbit::restarted();
  until_there(site, 4);
  for (const pid_t pid : site.pollers()) end_process(pid);
  CHECK(contains(fleet_status(site)["fleet"]["summary"], "0 of 4 pollers answered"));
}
