// Events that are not to be started after a time.
#include <action/client.hpp>
#include <chrono>

#include "site.hpp"

namespace {

std::int64_t this_ms() {
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock).count();
}

std::string stamp_params(const Site& site, const std::string& text, const std::string& more = {}) {
  return site.params("stamps", "\"text\": \"" + text + "\"" + more);
}

// A stamp with one of these headers.
RawMessage stamp(const Site& site, const std::string& text, const std::string& header,
                 std::chrono::milliseconds from_now) {
  RawMessage message{.type = "stamp", .body = stamp_params(site, text), .message_id = text};
  message.numbers["x-action-" + header] = this_ms() + from_now.count();
  return message;
}

// Only these have run.
void check_ran(const Site& site, const std::vector<std::string>& texts) {
  REQUIRE(site.wait_for_lines("stamps", texts.size()));
  const auto lines = site.lines("stamps");
  REQUIRE(lines.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK(lines[i].starts_with(texts[i] + " "));
}

}  // namespace

TEST_CASE("expiry: what could not begin in time is done without a run, with one line") {
  NEEDS_BROKER();
  Site site("", {"later"});
  action::Client client(test_broker(), {.application = rabbit::application()});
  using namespace std::chrono_literals;
  CHECK(
      site.actiond({"enqueue", "stamp", stamp_params(site, "shell"), "--expires", "1ms"}).status ==
      0);
  client.queue_action_event("stamp", nlohmann::json::parse(stamp_params(site, "client")),
                            {.expires = 1ms});
  const Ran kept =
      site.actiond({"enqueue", "stamp", stamp_params(site, "kept"), "--expires", "1h", "--json"});
  CHECK(contains(kept.out, "\"expires_at\":\"20"));
  site.start();
  check_ran(site, {"kept"});
  CHECK(wait_until([&] { return count_of(site.log(), "Expired medium:stamp id=") == 2; }));
  CHECK(wait_until([&] { return count_of(site.log(), "Processing medium:stamp") == 1; }));
  CHECK(rabbit::ready("dead") == 0);
  CHECK(rabbit::ready("medium") == 0);
}

TEST_CASE("expiry: it counts from when the event was to run, and a handler may say it, too") {
  NEEDS_BROKER();
  Site site("", {"later"});
  rabbit::queue("later", stamp_params(site, "handler", R"(, "ms": 500, "expires_ms": 60000)"));
  const auto began = this_ms();
  site.start();
  check_ran(site, {"handler"});
  rabbit::queue("later", stamp_params(site, "far", R"(, "ms": 3600000, "expires_ms": 60000)"));
  CHECK(wait_until([] { return rabbit::ready("delay.v1.14") == 1; }));
  const auto waiting = rabbit::take_all("delay.v1.14").at(0);
  CHECK(std::stoll(waiting.header("x-action-expires-at")) >= began + 3'660'000);
}

TEST_CASE("expiry: a retry that comes too late does not run, and one before that keeps its time") {
  NEEDS_BROKER();
  Site site("retry: {attempts: 5, initial: 1h, factor: 1, jitter: 0}", {"later", "throws"});
  auto late = stamp(site, "late", "expires-at", -1s);
  late.numbers["x-action-attempt"] = 3;
  rabbit::publish("medium", late);
  RawMessage failing{.type = "throws", .body = R"({"what": "no"})", .message_id = "failing"};
  failing.numbers["x-action-expires-at"] = this_ms() + 3'600'000;
  rabbit::publish("medium", failing);
  site.start();
  CHECK(site.wait_for_log("Expired medium:stamp id=late"));
  CHECK(wait_until([] { return rabbit::ready("delay.v1.14") == 1; }));
  const auto waiting = rabbit::take_all("delay.v1.14").at(0);
  CHECK(waiting.header("x-action-expires-at") ==
        std::to_string(failing.numbers["x-action-expires-at"]));
  CHECK(waiting.header("x-action-attempt") == "2");
}

TEST_CASE("expiry: events: in the configuration says it for those that say nothing") {
  NEEDS_BROKER();
  Site site("events: {stamp: {expires: 10m}}", {"later"});
  rabbit::publish("medium", stamp(site, "old", "queued-at", -1h));
  rabbit::publish("medium", stamp(site, "new", "queued-at", -1s));
  site.start();
  check_ran(site, {"new"});
  CHECK(site.wait_for_log("Expired medium:stamp id=old: it expired 50m"));
}

TEST_CASE("expiry: on_expired: dead keeps it, and 'dead retry' runs it, however late") {
  NEEDS_BROKER();
  Site site("events: {stamp: {on_expired: dead}}", {"later"});
  rabbit::publish("medium", stamp(site, "late", "expires-at", -10s));
  site.start();
  REQUIRE(wait_until([] { return rabbit::ready("dead") == 1; }));
  CHECK(contains(site.actiond({"dead", "show", "late"}).out, "it expired 1"));
  CHECK(site.lines("stamps").empty());
  CHECK(site.actiond({"dead", "retry", "late"}).status == 0);
  check_ran(site, {"late"});
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("expiry: in a queue file as with RabbitMQ") {
  Site site("", {"later"}, Site::kWithoutRabbit);
  site.configure("", "sqlite:../queue.db");
  for (const char* expires : {"1ms", "1h"})
    CHECK(site.actiond({"enqueue", "stamp", stamp_params(site, expires), "--expires", expires})
              .status == 0);
  site.start();
  check_ran(site, {"1h"});
  CHECK(wait_until([&] { return count_of(site.log(), "Expired medium:stamp id=") == 1; }));
}
