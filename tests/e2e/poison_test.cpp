// Events that take their poller along.
#include <signal.h>

#include <algorithm>
#include <set>

#include <action/client.hpp>

#include "site.hpp"

namespace {

// Files that tell what somebody has, or had, in hand.
int hands(const Site& site) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(site.path("run")))
    count += entry.path().extension() == ".hand" ? 1 : 0;
  return count;
}

std::size_t different(const std::vector<std::string>& lines) {
  return std::set<std::string>(lines.begin(), lines.end()).size();
}

}  // namespace

TEST_CASE("poison: after three dead pollers it is a dead letter, and all else has run") {
  NEEDS_BROKER();
  Site site("concurrency: 2", {"ends_poller", "sleeper"});
  for (int id = 1; id <= 4; ++id) site.start(id);
  // One of these runs beside it, for it gets the eighth runner; and others wait behind it.
  rabbit::queue("sleep", site.params("beside", R"("ms": 2000, "n": {n})"), "medium", 7);
  REQUIRE(site.wait_for_lines("beside", 7));
  rabbit::queue("end_poller", site.params("poison", R"("ms": 200)"), "medium");
  rabbit::queue("sleep", site.params("behind", R"("ms": 5, "n": {n})"), "medium", 40);
  const auto dead = rabbit::dead_letters();
  CHECK(dead[0].type == "end_poller");
  CHECK(dead[0].header("x-action-error") == "its poller died in it 3 times");
  CHECK(dead[0].header("x-action-interrupted") == "3");
  CHECK(dead[0].header("x-action-attempt") == "1");
  CHECK(site.lines("poison").size() == 3);
  CHECK(site.pollers().size() == 1);
  CHECK(wait_until([&] { return different(site.lines("behind")) == 40; }));
  CHECK(wait_until([] { return rabbit::ready("medium") == 0; }));
  CHECK(site.actiond({"stop", "--all"}).status == 0);
  CHECK(different(site.lines("beside")) == 7);
  CHECK(rabbit::ready("medium") + rabbit::ready("dead") == 0);
  CHECK(hands(site) == 0);
}

TEST_CASE("poison: a supervisor that starts its poller again, without an id, gets past it") {
  NEEDS_BROKER();
  Site site("retry: {interruptions: 2}", {"ends_poller", "recorder"});
  rabbit::queue("end_poller", site.params("poison"));
  rabbit::queue("record", site.params("behind", R"("text": "x")"));
  for (int times = 1; times <= 2; ++times) {
    const auto running = site.begin({"run"});
    running->wait();
    CHECK(site.lines("poison").size() == static_cast<std::size_t>(times));
  }
  const auto running = site.begin({"run"});
  CHECK(site.wait_for_lines("behind", 1));
  const auto dead = rabbit::dead_letters();
  CHECK(dead[0].header("x-action-error") == "its poller died in it 2 times");
  CHECK(running->is_alive());
}

TEST_CASE("poison: a killed poller counts for what had begun, once, and for nothing else") {
  NEEDS_BROKER();
  Site site("", {"sleeper", "recorder"});
  pid_t poller = site.start();
  ::kill(poller, SIGKILL);  // it had nothing in hand
  REQUIRE(wait_until([=] { return !is_running(poller); }));
  poller = site.start();
  rabbit::queue("sleep", site.params("ran", R"("ms": 1000)"));
  REQUIRE(site.wait_for_lines("ran", 1));
  rabbit::queue("record", site.params("waited", R"("text": "x")"), "medium", 20);
  ::kill(poller, SIGKILL);
  REQUIRE(wait_until([=] { return !is_running(poller); }));
  site.start();
  CHECK(site.wait_for_lines("waited", 20));
  CHECK(wait_until([&] { return count_of(site.log(), "Finished processing medium:sleep") == 1; }));
  CHECK(site.lines("waited").size() == 20);
  CHECK(site.lines("ran").size() == 2);
  CHECK(count_of(site.log(), "its poller died in it; it is offered again, and runs alone") == 1);
  CHECK(rabbit::ready("dead") == 0);
  CHECK(hands(site) == 1);  // of the runner that is there
}

TEST_CASE("poison: given back by pollers that leave it counts nothing") {
  NEEDS_BROKER();
  Site site("", {"sleeper"});
  rabbit::queue("sleep", site.params("ran", R"("ms": 1500)"));
  for (int times = 1; times <= 3; ++times) {
    site.start();
    REQUIRE(site.wait_for_lines("ran", static_cast<std::size_t>(times)));
    CHECK(site.actiond({"stop", "--id", "1", "--now"}).status == 0);
  }
  CHECK(hands(site) == 0);
  site.start();
  CHECK(site.wait_for_log("Finished processing medium:sleep"));
  CHECK(count_of(site.log(), "died in it") == 0);
}

TEST_CASE("poison: in a queue file as well") {
  Site site("", {"ends_poller", "recorder"}, Site::kWithoutRabbit);
  site.configure("", "sqlite:../queue.db");
  action::Client client("sqlite:" + site.path("queue.db").native(),
                        {.application = rabbit::application()});
  client.post("end_poller", nlohmann::json::parse(site.params("poison")), {.queue = "medium"});
  client.post("record", nlohmann::json::parse(site.params("behind", R"("text": "x")")),
              {.queue = "medium"});
  client.flush();
  for (int times = 1; times <= 3; ++times) site.begin({"run"})->wait();
  CHECK(site.lines("poison").size() == 3);
  const auto running = site.begin({"run"});
  CHECK(site.wait_for_lines("behind", 1));
  CHECK(wait_until([&] {
    return contains(site.actiond({"dead", "list"}).out, "its poller died in it 3 times");
  }));
  CHECK(running->is_alive());
}
