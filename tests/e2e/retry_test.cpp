// Failures that are tried again, events that wait for their plugin, and what spends an attempt.
#include <set>

#include "site.hpp"

namespace {

// Quick enough for a test; the delay queues' tick is 125 ms.
const char* kThree = "retry: {attempts: 3, initial: 150ms, factor: 1, jitter: 0}";

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
  CHECK(count_of(site.log(1), "Error processing") + count_of(site.log(2), "Error processing") ==
        120);
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

// Each of them alone could stop a worker that is not careful.
TEST_CASE("retry: bad events among thousands of good ones harm none of them") {
  NEEDS_BROKER();
  constexpr int kGood = 2500;
  Site site(std::string(kThree) + "\nunknown_event_ttl: 1s\nevents: {hang: {timeout: 200ms}}",
            {"recorder", "segfault", "throws", "hang"});
  const auto record = site.params("ran", R"("text": "{n}")");
  for (const char* bad : {"segfault", "throws", "hang", "nobody_knows", ""}) {
    rabbit::queue("record", record, "medium", kGood);
    rabbit::publish("medium", {.type = *bad == 0 ? std::nullopt : std::optional<std::string>(bad),
                               .body = "{}",
                               .message_id = *bad == 0 ? "malformed" : bad,
                               .headers = {}});
  }
  site.start();
  CHECK(site.wait_for_lines("ran", 5 * kGood));
  std::map<std::string, std::string> errors;
  for (const auto& dead : rabbit::dead_letters(5))
    errors[dead.message_id] = dead.header("x-action-error");
  CHECK(errors["segfault"] == "crashed: SIGSEGV in segfault");
  CHECK(errors["throws"] != "");
  CHECK(contains(errors["hang"], "timed out"));
  CHECK(contains(errors["nobody_knows"], "no plugin provides"));
  CHECK(contains(errors["malformed"], "no type"));
  CHECK(site.lines("ran").size() == 5 * kGood);
}
