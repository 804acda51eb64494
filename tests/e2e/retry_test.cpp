// Failures that are tried again, events that wait for their plugin, and what spends an attempt.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "site.hpp"

namespace {

// Quick enough for a test; the delay queues' tick is 125 ms.
const char* kThree = "retry: {attempts: 3, initial: 150ms, factor: 1, jitter: 0}";

// The longest time between two of these lines, which begin with a time in ms.
long long longest_gap_ms(const std::vector<std::string>& lines) {
  long long longest = 0;
  for (std::size_t i = 1; i < lines.size(); ++i)
    longest = std::max(longest, std::stoll(lines[i]) - std::stoll(lines[i - 1]));
  return longest;
}

// Queues each of them behind so many good ones.
void queue_bad_among_good(const Site& site, const std::vector<std::string>& bad, int good) {
  for (const auto& event : bad) {
    rabbit::queue("chaos", site.params("ran"), "medium", good);
    const bool has_type = event != "malformed";
    rabbit::publish("medium", {.type = has_type ? std::optional(event) : std::nullopt,
                               .body = "{}",
                               .message_id = event,
                               .headers = {}});
  }
}

std::map<std::string, nlohmann::json> dead_by_id(Site& site) {
  std::map<std::string, nlohmann::json> dead;
  const auto list = nlohmann::json::parse(site.actiond({"dead", "list", "--json"}).out);
  for (const auto& letter : list.at("letters")) dead[letter.at("id")] = letter;
  return dead;
}

}  // namespace

TEST_CASE("retry: a failing event has its attempts, and then is dead with the last error") {
  NEEDS_BROKER();
  Site site(kThree, {"throws"});
  site.start();
  rabbit::queue("throws", R"({"what": "no such account"})", "high");
  const auto dead = rabbit::dead_letters();
  CHECK(dead[0].header("x-action-attempt") == "3");
  CHECK(dead[0].header("x-action-error") == "no such account");
  CHECK(dead[0].header("x-action-queue") == "high");
  CHECK(contains(dead[0].header("x-action-plugin"), "throws.so"));
  CHECK(std::stoll(dead[0].header("x-action-failed-at")) >=
        std::stoll(dead[0].header("x-action-first-failed-at")) + 300);
  CHECK(dead[0].headers.count("x-death") == 0);
  CHECK(
      site.wait_for_log("now among the dead letters"));  // logged once the broker has confirmed it
  const std::string log = site.log();
  CHECK(count_of(log, "Error processing high:throws") == 3);
  CHECK(contains(log, "no such account; attempt 2 of 3 in 150ms"));
  CHECK(contains(log, "now among the dead letters, after attempt 3 of 3"));
}

TEST_CASE("retry: attempts are counted by the message, whichever poller runs it") {
  NEEDS_BROKER();
  Site site("retry: {attempts: 6, initial: 125ms, factor: 1, jitter: 0}", {"throws"});
  site.start(1);
  site.start(2);
  rabbit::queue("throws", "{}", "medium", 20);
  for (const auto& dead : rabbit::dead_letters(20)) CHECK(dead.header("x-action-attempt") == "6");
  const auto errors = [&] {
    return count_of(site.log(1), "Error processing") + count_of(site.log(2), "Error processing");
  };
  (void)wait_until([&] { return errors() >= 120; });
  CHECK(errors() == 120);
}

TEST_CASE("retry: crashes and timeouts spend attempts, per event if the configuration says so") {
  NEEDS_BROKER();
  Site site(std::string(kThree) + "\nevents: {hang: {timeout: 100ms, attempts: 2}}",
            {"segfault", "hang"});
  site.start();
  rabbit::queue("segfault");
  CHECK(rabbit::dead_letters()[0].header("x-action-attempt") == "3");
  rabbit::queue("hang");
  CHECK(rabbit::dead_letters()[0].header("x-action-attempt") == "2");
  CHECK(wait_until([&] { return count_of(site.log(), "Error processing medium:segfault") == 3; }));
  // Written at the end of the turn that settled it.
  CHECK(wait_until([&] { return count_of(site.log(), "Error processing medium:hang") == 2; }));
}

TEST_CASE("retry: being stopped spends no attempt") {
  NEEDS_BROKER();
  Site site(kThree, {"sleeper"});
  site.start();
  rabbit::queue("sleep", site.params("slept", R"("ms": 60000)"));
  REQUIRE(site.wait_for_lines("slept", 1));
  CHECK(site.actiond({"stop", "--id", "1", "--now"}).status == 0);
  const auto back = rabbit::take_all("medium");
  REQUIRE(back.size() == 1);
  CHECK(back[0].headers.count("x-action-attempt") == 0);
}

TEST_CASE("retry: an event waits for the plugin that will know it") {
  NEEDS_BROKER();
  Site site("", {"hello_world"});
  site.start();
  rabbit::queue("record", site.params("ran", R"("text": "at last")"));
  rabbit::queue("record", site.params("ran", R"("text": "at last")"));
  CHECK(site.wait_for_log("no plugin provides the event 'record'"));
  CHECK(wait_until([] { return rabbit::ready("medium") == 0; }));
  site.install("recorder");
  site.start();
  CHECK(site.wait_for_lines("ran", 2));
  CHECK(count_of(site.log(), "no plugin provides the event 'record'") == 1);
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("retry: an event that nobody knows in time is dead") {
  NEEDS_BROKER();
  Site site("unknown_event_ttl: 1s", {"hello_world"});
  site.start();
  rabbit::queue("nobody_knows");
  const auto dead = rabbit::dead_letters();
  CHECK(contains(dead[0].header("x-action-error"), "no plugin provides"));
  CHECK(dead[0].headers.count("x-action-attempt") == 1);
}

// Each of them alone could stop a worker that is not careful. The longest run is the hanging one's,
// 200 ms and a second's grace, and then a new runner starts; to wait for a retry would take 10 s.
TEST_CASE("retry: bad events among ten thousand good ones hold them up for their own run at most") {
  NEEDS_BROKER();
  constexpr int kGood = 2000;
  Site site(R"(retry: {attempts: 2, initial: 10s, factor: 1, jitter: 0}
unknown_event_ttl: 1s
events: {hang: {timeout: 200ms}})",
            {"chaos_v1", "segfault", "throws", "hang"});
  queue_bad_among_good(site, {"segfault", "throws", "hang", "nobody_knows", "malformed"}, kGood);
  site.start();
  CHECK(site.wait_for_lines("ran", 5 * kGood, 60s));
  CHECK(longest_gap_ms(site.lines("ran")) < 8000);
  REQUIRE(wait_until([] { return rabbit::ready("dead") == 5; }));
  CHECK(site.lines("ran").size() == 5 * kGood);

  auto dead = dead_by_id(site);
  const struct {
    std::string event;
    int attempts;
    const char* error;
  } rows[] = {{"segfault", 2, "crashed: SIGSEGV in segfault"},
              {"throws", 2, "it went wrong"},
              {"hang", 2, "timed out: hang ran longer than 200ms"},
              {"nobody_knows", 1, "no plugin provides the event 'nobody_knows'"},
              {"malformed", 1, "the message has no type: that property names the event"}};
  for (const auto& row : rows) {
    CAPTURE(row.event);
    CHECK(dead[row.event].value("attempts", 0) == row.attempts);
    CHECK(dead[row.event].value("error", "") == row.error);
    if (row.attempts == 1) continue;
    const auto times = [&](const char* what) {
      return count_of(site.log(), std::string(what) + " processing medium:" + row.event);
    };
    CHECK(wait_until([&] { return times("Error") == row.attempts; }));
  }

  CHECK(site.actiond({"stop", "--id", "1"}).status == 0);
  const Ran retried = site.actiond({"dead", "retry", "--all"});
  CHECK(contains(retried.out, "4 dead letters are queued again"));
  CHECK(contains(retried.err, "the dead letter malformed can't be retried"));
  std::set<std::string> back;
  for (const auto& message : rabbit::take_all("medium")) back.insert(message.message_id);
  CHECK(back == std::set<std::string>{"segfault", "throws", "hang", "nobody_knows"});
  CHECK(rabbit::ready("dead") == 1);
}

TEST_CASE("retry: a handler says when the next attempt is due, and how many there are") {
  NEEDS_BROKER();
  Site site(kThree, {"mourner"});
  site.start();
  rabbit::queue("mourner", site.params("ran", R"("retry_ms": 400)"));
  CHECK(rabbit::dead_letters().size() == 1);
  CHECK(site.lines("ran") == std::vector<std::string>{"attempt 1 of 3", "attempt 2 of 3",
                                                      "attempt 3 of 3", "dead: no luck"});
  CHECK(site.wait_for_log("no luck; attempt 2 of 3 in 400ms"));
}

TEST_CASE("retry: on_dead runs before the dead letter is stored, whatever becomes of it") {
  NEEDS_BROKER();
  struct Row {
    std::string params, dead, warning;
  };
  for (const Row& row :
       {Row{R"("dying": "throw")", "dead: no luck", "failed: nobody listens"},
        Row{R"("dying": "crash")", "dead: no luck", "failed: crashed: SIGSEGV in mourner"},
        Row{R"("dying": "hang")", "dead: no luck", "failed: timed out: mourner ran longer than"},
        Row{R"("failing": "crash")", "dead: crashed: SIGSEGV in mourner", ""}}) {
    CAPTURE(row.params);
    Site site("retry: {attempts: 1}", {"mourner"});
    site.start();
    rabbit::queue("mourner", site.params("ran", row.params));
    const auto dead = rabbit::dead_letters();
    CHECK(dead.size() == 1);
    CHECK("dead: " + dead[0].header("x-action-error") == row.dead);
    CHECK(site.lines("ran").back() == row.dead);
    CHECK(site.wait_for_log(row.warning));
    CHECK(site.wait_for_log("on_dead of medium:mourner") == !row.warning.empty());
  }
}
