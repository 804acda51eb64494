// What a poller and its runner hold does not grow with the events that they have run.
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "site.hpp"

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kIsSanitized =
    true;  // what is freed stays a while; but leaks are looked for at exit
#else
constexpr bool kIsSanitized = false;
#endif
constexpr int kWarmUp = 20000;
constexpr int kEvents = kIsSanitized ? 10000 : 100000;
constexpr long kGrowth = 2 << 20;  // some 20 bytes an event would be found

// The second number of statm: resident pages (proc(5)).
long resident_bytes(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

int done_by(Site& site) {
  const auto status = nlohmann::json::parse(site.actiond({"status", "--json"}).out, nullptr, false);
  return status.is_object() ? status.at("pollers").at(0).value("done", 0) : 0;
}

}  // namespace

TEST_CASE("memory: a poller and its runner hold no more after 100,000 events") {
  NEEDS_BROKER();
  Site site("log: {level: warning}", {"noop"});
  const auto poller = site.begin({"run"});
  rabbit::Publishing publishing;
  publishing.queue("noop", R"({"n": 1})", "medium", kWarmUp);
  REQUIRE(wait_until([&] { return done_by(site) == kWarmUp; }, 60s));
  const auto runners = children_of(poller->pid());
  REQUIRE(runners.size() == 1);
  const long poller_before = resident_bytes(poller->pid());
  const long runner_before = resident_bytes(runners[0]);

  publishing.queue("noop", R"({"n": 1})", "medium", kEvents);
  REQUIRE(wait_until([&] { return done_by(site) == kWarmUp + kEvents; }, 60s));
  if (!kIsSanitized) {
    CHECK(resident_bytes(poller->pid()) < poller_before + kGrowth);
    CHECK(resident_bytes(runners[0]) < runner_before + kGrowth);
  }
  CHECK(children_of(poller->pid()) == runners);
  poller->signal(SIGTERM);
  const Ran ran = poller->wait();
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK_FALSE(contains(ran.err, "LeakSanitizer"));
}
