// Events that recur, queued by whichever poller is there.
#include <signal.h>

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "site.hpp"

namespace {

const char* const kEverySecond = "cron: {second: {every: 1s, event: hello_world, missed: all}}";

// As the page has it: UUID version 5 of application, entry and tick, in ActionEvent's namespace.
std::string id_of(const std::string& name, std::int64_t tick) {
  const auto space = boost::uuids::string_generator()("9f0c2c5e-4b43-5b0e-9d5e-3c1c0a3f7e11");
  const auto text = rabbit::application() + "/" + name + "/" + std::to_string(tick);
  return boost::uuids::to_string(boost::uuids::name_generator_sha1(space)(text));
}

std::int64_t now_s() {
  return std::chrono::system_clock::now().time_since_epoch() / 1s;
}

// How often each id begins to run, in the logs of both pollers.
std::map<std::string, int> runs(const Site& site) {
  std::map<std::string, int> runs;
  for (int id : {1, 2})
    for (const auto& line :
         read_lines(site.path("run") / ("poller." + std::to_string(id) + ".log")))
      if (const auto at = line.find("Processing medium:hello_world"); at != std::string::npos)
        ++runs[line.substr(line.rfind("id=") + 3, 36)];
  return runs;
}

// The ticks that ran, of those since `begin`.
std::vector<std::int64_t> ticks_that_ran(const Site& site, std::int64_t begin,
                                         const std::string& name = "second") {
  const auto ran = runs(site);
  std::vector<std::int64_t> ticks;
  for (auto tick = begin; tick <= now_s(); ++tick)
    if (ran.contains(id_of(name, tick))) ticks.push_back(tick);
  return ticks;
}

void wait_for_ticks(const Site& site, std::int64_t begin, std::size_t count,
                    const std::string& name = "second") {
  REQUIRE(wait_until([&] { return ticks_that_ran(site, begin, name).size() >= count; }, 60s));
}

// From the first to the last none is missing, and nothing else has run.
int check_whole(const Site& site, std::int64_t begin, const std::string& name) {
  const auto ticks = ticks_that_ran(site, begin, name);
  CHECK(ticks.back() - ticks.front() + 1 == static_cast<std::int64_t>(ticks.size()));
  const auto ran = runs(site);
  CHECK(ran.size() == ticks.size());
  int repeats = 0;
  for (const auto& [id, times] : ran) repeats += times - 1;
  return repeats;
}

// The poller that has been there for longer holds the lease: it is killed, and a new one comes.
void kill_holders(Site& site, int kills, std::size_t ticks_between,
                  const std::string& name = "second") {
  const auto begin = now_s();
  site.start(1);
  site.start(2);
  for (int i = 0; i < kills; ++i) {
    wait_for_ticks(site, begin, ticks_between * static_cast<std::size_t>(i + 1), name);
    const int holder = i % 2 + 1;
    REQUIRE(::kill(site.recorded_pid(holder), SIGKILL) == 0);
    site.start(holder);
  }
  wait_for_ticks(site, begin, ticks_between * static_cast<std::size_t>(kills + 1), name);
  CHECK(check_whole(site, begin, name) <= kills);
}

}  // namespace

TEST_CASE("cron: every second, from RabbitMQ, while its holder is killed again and again") {
  NEEDS_BROKER();
  Site site(kEverySecond, {"hello_world"});
  kill_holders(site, 2, 4);
}

TEST_CASE("cron: 600 ticks while the holder is killed every 20 s (long)") {
  NEEDS_BROKER();
  if (std::getenv("ACTION_TEST_LONG") == nullptr) SKIP_TEST("ACTION_TEST_LONG does not ask for it");
  // An entry of its own: RabbitMQ remembers those of other cases.
  Site site("cron: {long: {every: 1s, event: hello_world, missed: all}}", {"hello_world"});
  kill_holders(site, 29, 20, "long");
}

TEST_CASE("cron: every second, from a queue file") {
  Site site("", {"hello_world"}, Site::kWithoutRabbit);
  site.configure(kEverySecond, "sqlite:../queue.db");
  kill_holders(site, 2, 4);
}

TEST_CASE("cron: list, next and run") {
  Site site("", {"hello_world"}, Site::kWithoutRabbit);
  site.configure(
      "cron:\n"
      "  nightly: {at: \"30 4 * * *\", zone: Europe/Berlin, event: hello_world,\n"
      "            params: {name: night}, queue: low}\n",
      "sqlite:../queue.db");
  const auto list = nlohmann::json::parse(site.actiond({"cron", "list", "--json"}).out);
  REQUIRE(list["entries"].size() == 1);
  CHECK(list["entries"][0]["schedule"] == "30 4 * * *");
  CHECK(list["entries"][0]["zone"] == "Europe/Berlin");
  CHECK(contains(site.actiond({"cron", "list"}).out, "nightly  30 4 * * *  Europe/Berlin"));
  const Ran next = site.actiond({"cron", "next", "nightly", "--count", "3"});
  CHECK(std::count(next.out.begin(), next.out.end(), '\n') == 3);
  const Ran unknown = site.actiond({"cron", "next", "daily"});
  CHECK(unknown.status == 1);
  CHECK(contains(unknown.err, "cron: names no 'daily': it names nightly"));
  const Ran run = site.actiond({"cron", "run", "nightly"});
  CHECK_MESSAGE(run.status == 0, run.err);
  site.start();
  CHECK(site.wait_for_log("Processing low:hello_world ({\"name\":\"night\"}) id=" +
                          run.out.substr(0, 36)));
}

TEST_CASE("cron: of RabbitMQ the poller that queues it tells what came last and what is paused") {
  NEEDS_BROKER();
  Site site(
      "cron: {rare: {at: '0 0 29 2 *', zone: UTC, event: hello_world}, "
      "told: {every: 1s, event: hello_world}}",
      {"hello_world"});
  const Ran unknown = site.actiond({"cron", "list"});
  CHECK(unknown.status == 0);
  CHECK(contains(unknown.err, "what came last, and what is paused, is not known: "));
  site.start();
  const auto entry = [&](std::size_t number = 1) {
    return nlohmann::json::parse(site.actiond({"cron", "list", "--json"}).out)["entries"][number];
  };
  CHECK(wait_until([&] { return entry()["last"].is_string(); }));
  CHECK(entry(0)["paused"] == false);
  CHECK(entry(0)["last"].is_null());  // it was not due yet
  CHECK(entry()["paused"] == false);
  REQUIRE(site.actiond({"cron", "pause", "told"}).status == 0);
  CHECK(wait_until([&] { return entry()["paused"] == true; }));
}

TEST_CASE("cron: what is paused is queued no more, until it is resumed") {
  NEEDS_BROKER();
  const std::string two =
      "cron: {second: {every: 1s, event: hello_world, missed: all}, "
      "other: {every: 1s, event: hello_world}}";
  for (const bool is_file : {false, true}) {
    CAPTURE(is_file);
    Site site("", {"hello_world"}, is_file ? Site::kWithoutRabbit : Site::kRabbit);
    site.configure(two, is_file ? "sqlite:../queue.db" : test_broker());
    const auto begin = now_s();
    const auto count = [&](const char* name) { return ticks_that_ran(site, begin, name).size(); };
    site.start();
    wait_for_ticks(site, begin, 2);
    CHECK(site.actiond({"cron", "pause", "second"}).status == 0);
    // The other goes on; what was under way may still come.
    const auto others = count("other");
    REQUIRE(wait_until([&] { return count("other") >= others + 2; }));
    const auto seen = count("second");
    REQUIRE(wait_until([&] { return count("other") >= others + 5; }));
    CHECK(count("second") == seen);
    CHECK(site.actiond({"cron", "resume", "second"}).status == 0);
    REQUIRE(wait_until([&] { return count("second") >= seen + 2; }));
    CHECK(count("second") < count("other"));  // the pause is not made up for
  }
}

TEST_CASE("cron: what is wrong in the configuration is told with its place") {
  Site site("", {}, Site::kWithoutRabbit);
  site.configure(
      "cron:\n"
      "  a: {at: \"61 * * * *\", event: hello_world}\n"
      "  b: {at: \"0 * * * *\", zone: Europe/Atlantis, event: hello_world}\n"
      "  c: {event: hello_world}\n",
      "sqlite:../queue.db");
  const Ran check = site.actiond({"check"});
  CHECK(check.status != 0);
  CHECK(contains(check.out, "'cron.a.at': '61' is no minute"));
  CHECK(contains(check.out, "'cron.b.zone' must be a time zone that tzdata knows"));
  CHECK(contains(check.out, "'cron.c' must have one of at and every"));
}
