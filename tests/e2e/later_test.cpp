// Events that are queued to run later: not before their time, whoever queues them.
#include <action/client.hpp>
#include <chrono>
#include <map>

#include "site.hpp"

namespace {

// The clock of the plugin's stamps, which is the same in all processes of a machine.
std::int64_t clock_ms() {
  const auto clock = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock).count();
}

std::int64_t wall_ms() {
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock).count();
}

// When each event ran, by its text.
std::map<std::string, std::int64_t> stamps(const Site& site) {
  std::map<std::string, std::int64_t> stamps;
  for (const auto& line : site.lines("stamps")) {
    const auto space = line.find(' ');
    stamps[line.substr(0, space)] = std::stoll(line.substr(space));
  }
  return stamps;
}

std::string params(const Site& site, const std::string& text, const std::string& more = {}) {
  return site.params("stamps", "\"text\": \"" + text + "\"" + more);
}

std::string due_at(const Ran& ran) {
  REQUIRE_MESSAGE(ran.status == 0, ran.err);
  const auto parsed = nlohmann::json::parse(ran.out, nullptr, false);
  REQUIRE_MESSAGE(parsed.is_object(), ran.out);
  return parsed.value("due_at", "");
}

RawMessage due(const Site& site, const std::string& text, std::chrono::milliseconds from_now) {
  RawMessage message{.type = "stamp", .body = params(site, text)};
  message.numbers["x-action-due-at"] = wall_ms() + from_now.count();
  return message;
}

}  // namespace

TEST_CASE("later: an event runs not before its time, whoever has queued it") {
  NEEDS_BROKER();
  Site site("", {"later"});
  site.start();
  action::Client client(test_broker(), {.application = rabbit::application()});
  const auto began = clock_ms();
  CHECK(site.actiond({"enqueue", "stamp", params(site, "shell"), "--in", "1s"}).status == 0);
  rabbit::queue("later", params(site, "handler", R"(, "ms": 1000)"), "high");
  rabbit::queue("later", params(site, "handler_at", R"(, "ms": 1000, "by": "at")"));
  client.queue_action_event("stamp", nlohmann::json::parse(params(site, "client")), {.in = 1s});
  REQUIRE(site.wait_for_lines("stamps", 4));
  for (const char* who : {"shell", "handler", "handler_at", "client"}) {
    CAPTURE(who);
    CHECK(stamps(site)[who] >= began + 1000);
  }
  CHECK(rabbit::ready("dead") == 0);
}

TEST_CASE("later: many from standard input wait as well, and say until when") {
  NEEDS_BROKER();
  Site site("", {"later"});
  const auto began = clock_ms();
  const Ran ran = site.actiond({"enqueue", "stamp", "-", "--in", "700ms", "--json"},
                               params(site, "one") + "\n" + params(site, "two") + "\n");
  CHECK_MESSAGE(ran.status == 0, ran.err);
  CHECK(count_of(ran.out, "\"due_at\":\"20") == 2);
  site.start();
  REQUIRE(site.wait_for_lines("stamps", 2));
  for (const auto& [text, stamp] : stamps(site)) CHECK(stamp >= began + 700);
}

TEST_CASE("later: --at is local time or has an offset, and in the past it is now") {
  NEEDS_BROKER();
  Site site;
  const std::vector<std::string> words{"enqueue", "e", "--json", "--queue", "low", "--at"};
  const auto at = [&](const std::string& time) {
    auto all = words;
    all.push_back(time);
    return due_at(site.actiond(all));
  };
  CHECK(at("2020-01-01T00:00:00Z") == "");
  CHECK(at("1960-01-01 00:00:00") == "");
  CHECK(rabbit::ready("low") == 2);
  CHECK(at("2126-12-24 18:00:00").starts_with("2126-12-24T18:00:00.000"));
  CHECK(contains(at("2126-12-24T18:00:00.5+01:00"), ":00.500"));
  CHECK(at("2126-12-24T18:00:00.5+01:00") == at("2126-12-24T17:00:00.5Z"));
  CHECK(rabbit::ready("low") == 2);
  const auto waiting = rabbit::take_all("delay.v1.27");
  REQUIRE(waiting.size() == 4);
  for (const auto& letter : waiting) CHECK(letter.header("x-action-due-at").size() == 13);
}

TEST_CASE("later: an event of a plugin from before there were delays runs now") {
  NEEDS_BROKER();
  Site site("", {"later"});
  site.start();
  rabbit::queue("later_of_old", params(site, "old"));
  CHECK(site.wait_for_lines("stamps", 1));
}

TEST_CASE("later: what has come before its due time is sent on, and no run is spent on it") {
  NEEDS_BROKER();
  Site site("", {"later"});
  site.start(1, {"-v"});
  rabbit::publish("medium", due(site, "early", 1h));
  CHECK(wait_until([] { return rabbit::ready("delay.v1.14") == 1; }));  // 2^14 ticks: 34 minutes
  CHECK(site.wait_for_log("DEBUG medium:stamp"));
  const auto sent = rabbit::take_all("delay.v1.14").at(0);
  CHECK(sent.body == params(site, "early"));
  CHECK(sent.headers.count("x-action-due-at") == 0);  // the last trip
  CHECK(sent.headers.count("x-action-attempt") == 0);
  CHECK(!contains(site.log(), "Processing"));
  CHECK(!contains(site.log(), "Snoozed"));

  rabbit::publish("medium", due(site, "far", 10000h));
  CHECK(wait_until([] { return rabbit::ready("delay.v1.27") == 1; }));
  CHECK(rabbit::take_all("delay.v1.27").at(0).headers.count("x-action-due-at") == 1);
}

TEST_CASE("later: what is due within a minute runs: the clocks of two machines differ") {
  NEEDS_BROKER();
  Site site("", {"later"});
  site.start();
  rabbit::publish("medium", due(site, "nearly", 30s));
  rabbit::publish("medium", due(site, "overdue", -30s));
  CHECK(site.wait_for_lines("stamps", 2));
}

TEST_CASE("later: a time that can't be understood is wrong usage") {
  NEEDS_BROKER();
  Site site;
  const struct {
    std::vector<std::string> words;
    std::string part;
  } rows[] = {{{"--in", "soon"}, "--in: 'soon' is not a duration"},
              {{"--in", "-5s"}, "'-5s' is not a duration"},
              {{"--at", "tomorrow"},
               "--at: 'tomorrow' is not a date and time: write 2026-12-24T18:00:00+01:00"},
              {{"--at", "2026-02-30T18:00:00"}, "'2026-02-30T18:00:00' is not a date and time"},
              {{"--in", "5s", "--at", "2026-12-24T18:00:00Z"}, " excludes "}};
  for (const auto& row : rows) {
    CAPTURE(row.part);
    for (const char* params : {"{}", "-"}) {
      std::vector<std::string> words{"enqueue", "e", params};
      words.insert(words.end(), row.words.begin(), row.words.end());
      const Ran ran = site.actiond(words);
      CAPTURE(ran.err);
      CHECK(ran.status == 2);
      CHECK(contains(ran.err, row.part));
      CHECK(count_of(ran.err, "\n") == 1);
    }
  }
  CHECK(rabbit::ready("medium") == 0);
}

TEST_CASE("later: an event whose queue is gone when it is due runs when the queue is back") {
  NEEDS_BROKER();
  Site site("", {"recorder"});
  site.start(1, {"--queues", "high"});
  const Ran queued = site.actiond({"enqueue", "record", site.params("ran", R"("text": "x")"),
                                   "--queue", "medium", "--in", "500ms"});
  REQUIRE_MESSAGE(queued.status == 0, queued.err);
  rabbit::delete_queue("medium");
  CHECK(wait_until([&] { return contains(site.actiond({"status"}).out, "unroutable"); }));
  site.start(2);
  CHECK(site.wait_for_lines("ran", 1));
  CHECK(!contains(site.actiond({"status"}).out, "unroutable"));
}

TEST_CASE("later: what an earlier version kept without a queue is sent to it") {
  NEEDS_BROKER();
  Site site;
  rabbit::make_unroutable("medium", 3, rabbit::Unroutable::Old);
  REQUIRE(wait_until([] { return rabbit::ready("delay.v1.unroutable") == 3; }));
  site.start(1, {"--queues", "high"});
  CHECK(wait_until([] { return rabbit::ready("medium") == 3; }, 60s));
  CHECK(rabbit::ready("delay.v1.unroutable") == 0);
}

TEST_CASE("later: events for a queue that nobody has hold up none behind them") {
  NEEDS_BROKER();
  Site site;
  rabbit::make_unroutable("removed", 1200);
  REQUIRE(wait_until([] { return rabbit::ready("delay.unroutable") == 1200; }));
  rabbit::make_unroutable("medium", 3);
  REQUIRE(wait_until([] { return rabbit::ready("delay.unroutable") == 1203; }));
  CHECK(site.actiond({"check"}).status == 0);
  CHECK(rabbit::ready("medium") == 3);
  CHECK(wait_until([] { return rabbit::ready("delay.unroutable") == 1200; }));
  CHECK(rabbit::take_all("delay.unroutable").size() == 1200);
}
