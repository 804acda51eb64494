// What the page does to many dead letters while it, or the broker, is killed in the middle of it.
#include <signal.h>

#include <future>
#include <random>
#include <set>

#include "page_site.hpp"

using nlohmann::json;

namespace {

constexpr int kLetters = 1000;

action::Message letter(const Site& site, int number) {
  action::Message letter;
  letter.event = "record";
  letter.id = "id-" + std::to_string(number);
  letter.body = site.params("ran", "\"text\": \"" + std::to_string(number) + "\"");
  letter.trail.attempt = 3;
  letter.trail.queue = "medium";
  letter.trail.error = "no address";
  letter.trail.failed_at_ms = 1'700'000'000'000 + number;
  return letter;
}

void bury(const Site& site, int round) {
  std::vector<action::Message> letters;
  for (int i = 0; i < kLetters; ++i) letters.push_back(letter(site, round * kLetters + i));
  rabbit::bury(letters);
}

void kill_page(PageSite& site) {
  site.page->signal(SIGKILL);
  (void)site.page->wait();
  site.serve();
}

void kill_broker(PageSite& site) {
  rabbit::restarted();
  site.rabbitmq({"kill"});
  site.rabbitmq({"start"});
}

// As many as the page sees; it is asked again while the broker is not back.
std::size_t seen(PageSite& site) {
  std::size_t total = 0;
  REQUIRE(wait_until(
      [&] {
        const auto answer = site.get("/api/v1/dead?look=1");
        if (answer.status == 200) total = json::parse(answer.body)["total"].get<std::size_t>();
        return answer.status == 200;
      },
      60s));
  return total;
}

int retry(PageSite& site, std::size_t expected) {
  return site.post("/api/v1/dead/retry", {{"event", "record"}, {"expect", expected}}).status;
}

// Asks for all that is left, and ends the page or the broker a moment later. True: before the
// answer.
bool retry_and_kill(PageSite& site, std::size_t left, std::chrono::milliseconds pause, bool page) {
  auto answer = std::async(std::launch::async, [&] { return retry(site, left); });
  const bool is_early = answer.wait_for(pause) == std::future_status::timeout;
  if (page)
    kill_page(site);
  else
    kill_broker(site);
  answer.wait();
  return is_early;
}

std::set<std::string> ran_in(const Site& site) {
  const auto lines = site.lines("ran");
  return {lines.begin(), lines.end()};
}

}  // namespace

TEST_CASE("web: 1,000 dead letters retried while page and broker are killed, none is lost (long)") {
  if (std::getenv("ACTION_TEST_LONG") == nullptr) SKIP_TEST("ACTION_TEST_LONG does not ask for it");
  NEEDS_NODE();
  constexpr int kRounds = 12;
  PageSite site({"recorder"}, {}, Site::kRabbit);
  site.start();
  site.serve();
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::minstd_rand random(seed);
  int interrupted = 0;
  for (int round = 0; round < kRounds; ++round) {
    bury(site, round);
    REQUIRE(seen(site) == std::size_t{kLetters});
    CHECK(retry(site, kLetters - 1) == 409);
    CHECK(seen(site) == std::size_t{kLetters});
    const std::chrono::milliseconds pause(std::uniform_int_distribution<int>(0, 100)(random));
    interrupted += retry_and_kill(site, kLetters, pause, round % 3 != 2);
    if (const auto left = seen(site); left > 0) CHECK(retry(site, left) == 200);
    REQUIRE(seen(site) == 0);
  }
  MESSAGE(interrupted, " of ", kRounds, " retries were interrupted");
  CHECK(interrupted >= kRounds / 2);
  constexpr std::size_t kAll = std::size_t{kRounds} * kLetters;
  CHECK(wait_until([&] { return ran_in(site).size() == kAll; }, 60s));
  const auto again = site.lines("ran").size() - ran_in(site).size();
  MESSAGE(again, " ran again");
}
