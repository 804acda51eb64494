#include "poller/cron/ledger.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace actiond;
using namespace std::chrono_literals;

namespace {

constexpr CronTick kNoon{std::chrono::seconds(1'800'014'400)};  // a whole number of 10 minutes

std::map<std::string, CronEntry> every_ten_minutes(Missed missed = Missed::One) {
  CronEntry entry;
  entry.every = 10min;
  entry.event = "report";
  entry.missed = missed;
  return {{"ten", entry}};
}

CronMarks marks_at(CronTick last, bool is_paused = false) {
  return {{"ten", {last.time_since_epoch().count(), is_paused}}};
}

// The ticks that are queued, in minutes from noon.
std::vector<long> due(Missed missed, CronTick last, CronTick now, bool is_paused = false) {
  const auto turn = cron_turn(every_ten_minutes(missed), marks_at(last, is_paused), now);
  REQUIRE(turn.ok());
  std::vector<long> minutes;
  for (const auto& each : turn->due) {
    CHECK(each.name == "ten");
    minutes.push_back((each.tick - kNoon) / 1min);
  }
  return minutes;
}

using Minutes = std::vector<long>;

}  // namespace

TEST_CASE("cron ledger: an entry that nobody remembers begins now") {
  const auto turn = cron_turn(every_ten_minutes(), {}, kNoon + 3min);
  REQUIRE(turn.ok());
  CHECK(turn->due.empty());
  CHECK(turn->has_changed);
  CHECK(due(Missed::One, kNoon + 3min, kNoon + 9min).empty());
  CHECK(due(Missed::One, kNoon + 3min, kNoon + 10min) == Minutes{10});
}

TEST_CASE("cron ledger: a broker that was down for three ticks") {
  const CronTick now = kNoon + 35min;  // 10, 20 and 30 are over
  CHECK(due(Missed::None, kNoon, now).empty());
  CHECK(due(Missed::One, kNoon, now) == Minutes{30});
  CHECK(due(Missed::All, kNoon, now) == Minutes{10, 20, 30});
  // Back in time for the last one.
  CHECK(due(Missed::None, kNoon, kNoon + 30min + kCronGrace) == Minutes{30});
  CHECK(due(Missed::One, kNoon, kNoon + 30min) == Minutes{30});
  CHECK(due(Missed::All, kNoon, kNoon + 30min) == Minutes{10, 20, 30});
  for (const auto missed : {Missed::None, Missed::One, Missed::All}) {
    const auto turn = cron_turn(every_ten_minutes(missed), marks_at(kNoon), now);
    CHECK(turn->due.size() + turn->skipped == 3);
    CHECK(cron_turn(every_ten_minutes(missed), turn->marks, now)->due.empty());
  }
}

TEST_CASE("cron ledger: of very many missed ones the last are made up for") {
  auto entries = every_ten_minutes(Missed::All);
  entries["ten"].every = 1s;
  const auto turn = cron_turn(entries, marks_at(kNoon), kNoon + 24h);
  REQUIRE(turn->due.size() == kMostMissed + 11);  // and those that are on time
  CHECK(turn->due.back().tick == kNoon + 24h);
}

TEST_CASE("cron ledger: a clock that is set back repeats nothing, one set forward misses") {
  CHECK(due(Missed::All, kNoon + 60min, kNoon).empty());
  CHECK(due(Missed::All, kNoon + 60min, kNoon + 60min).empty());
  CHECK(due(Missed::All, kNoon + 60min, kNoon + 70min) == Minutes{70});
  CHECK(due(Missed::One, kNoon, kNoon + 65min) == Minutes{60});
}

TEST_CASE("cron ledger: when one came last is remembered, not what passed by") {
  const auto came = [](const CronTurn& turn) {
    return read_marks(to_text(turn.marks)).at("ten").came_s;
  };
  const auto entries = every_ten_minutes();
  const auto fresh = cron_turn(entries, {}, kNoon);
  CHECK(came(*fresh) == 0);
  const auto queued = cron_turn(entries, fresh->marks, kNoon + 10min);
  CHECK(came(*queued) == (kNoon + 10min).time_since_epoch().count());
  auto marks = queued->marks;
  marks.at("ten").is_paused = true;
  const auto paused = cron_turn(entries, marks, kNoon + 20min);
  CHECK(paused->has_changed);
  CHECK(came(*paused) == came(*queued));
}

TEST_CASE("cron ledger: what is paused passes by") {
  CHECK(due(Missed::All, kNoon, kNoon + 30min, true).empty());
  const auto turn = cron_turn(every_ten_minutes(Missed::All), marks_at(kNoon, true), kNoon + 35min);
  const auto resumed = read_marks(obey(to_text(turn->marks), pause_order("ten", false, kNoon)));
  CHECK_FALSE(resumed.at("ten").is_paused);
  const auto next = cron_turn(every_ten_minutes(Missed::All), resumed, kNoon + 40min);
  REQUIRE(next->due.size() == 1);
  CHECK(next->due[0].tick == kNoon + 40min);
}

TEST_CASE("cron ledger: orders pause and resume, also what nobody has seen yet") {
  const auto paused = read_marks(obey(to_text(marks_at(kNoon)), pause_order("ten", true, kNoon)));
  CHECK(paused.at("ten").is_paused);
  CHECK(paused.at("ten").last_s == kNoon.time_since_epoch().count());
  const std::string early = obey("", pause_order("ten", true, kNoon));
  CHECK(cron_turn(every_ten_minutes(Missed::All), read_marks(early), kNoon)->due.empty());
  CHECK(read_marks(obey(early, pause_order("ten", false, kNoon)))
            .empty());  // it begins when it is seen
  for (const char* nonsense : {"", "{", "[]", R"({"pause": 3})", R"({"purge": "ten"})"})
    CHECK(read_marks(obey(to_text(marks_at(kNoon)), nonsense)).at("ten").is_paused == false);
}

TEST_CASE("cron ledger: what was paused while nobody was there is over") {
  const auto paused = obey(to_text(marks_at(kNoon)), pause_order("ten", true, kNoon + 5min));
  const auto resumed = obey(paused, pause_order("ten", false, kNoon + 35min));
  const auto turn = cron_turn(every_ten_minutes(Missed::All), read_marks(resumed), kNoon + 40min);
  REQUIRE(turn->due.size() == 1);
  CHECK(turn->due[0].tick == kNoon + 40min);
  CHECK(turn->skipped == 0);
  // What is not paused has missed what it has missed; an order of an older version has no time.
  const auto running = obey(to_text(marks_at(kNoon)), pause_order("ten", false, kNoon + 35min));
  CHECK(read_marks(running) == marks_at(kNoon));
  CHECK(read_marks(obey(paused, R"({"resume": "ten"})")) == marks_at(kNoon));
}

TEST_CASE("cron ledger: who resumes with a clock that is ahead silences nothing") {
  const auto resumed = obey(to_text(marks_at(kNoon, true)), pause_order("ten", false, kNoon + 24h));
  const auto turn = cron_turn(every_ten_minutes(Missed::All), read_marks(resumed), kNoon + 35min);
  CHECK(turn->due.empty());
  CHECK(turn->has_changed);
  const auto kept = read_marks(to_text(turn->marks));
  const auto next = cron_turn(every_ten_minutes(Missed::All), kept, kNoon + 40min);
  REQUIRE(next->due.size() == 1);
  CHECK(next->due[0].tick == kNoon + 40min);
  // A new order holds, whenever the former one was.
  const auto again = obey(obey(to_text(next->marks), pause_order("ten", true, kNoon + 41min)),
                          pause_order("ten", false, kNoon + 55min));
  CHECK(cron_turn(every_ten_minutes(Missed::All), read_marks(again), kNoon + 56min)->due.empty());
}

TEST_CASE("cron ledger: another schedule has missed nothing, but what is on time") {
  auto entries = every_ten_minutes(Missed::All);
  const auto before = cron_turn(entries, marks_at(kNoon), kNoon + 1min)->marks;
  entries["ten"].every = 5min;
  CHECK(cron_turn(entries, before, kNoon + 34min)->due.empty());
  CHECK(cron_turn(entries, before, kNoon + 34min)->skipped == 0);
  const auto turn = cron_turn(entries, before, kNoon + 35min + 30s);  // it is rolled out
  REQUIRE(turn->due.size() == 1);
  CHECK(turn->due[0].tick == kNoon + 35min);
  // Another zone is another schedule; a mark of an older version has none, and is taken as its own.
  entries["ten"].every = 0min;
  entries["ten"].at = *parse_cron("*/5 * * * *");
  entries["ten"].text = "*/5 * * * *";
  const auto utc = cron_turn(entries, marks_at(kNoon), kNoon + 5min);
  CHECK(utc->due.size() == 1);
  entries["ten"].zone = "Europe/Berlin";
  CHECK(cron_turn(entries, utc->marks, kNoon + 34min)->due.empty());
}

TEST_CASE("cron ledger: an entry that is back after a while begins anew, and stays paused") {
  const auto entries = every_ten_minutes(Missed::All);
  const auto gone = cron_turn({}, marks_at(kNoon, true), kNoon + 1min);
  CHECK(gone->has_changed);
  CHECK_FALSE(cron_turn({}, gone->marks, kNoon + 2min)->has_changed);
  auto marks = read_marks(to_text(gone->marks));
  const auto anew = cron_turn(entries, marks, kNoon + 40min);
  CHECK(anew->marks.at("ten").is_paused);
  marks.at("ten").is_paused = false;
  CHECK(cron_turn(entries, marks, kNoon + 40min)->due.empty());
  CHECK(cron_turn(entries, marks, kNoon + 40min)->skipped == 0);
  const auto soon = cron_turn(entries, marks, kNoon + 10min);  // two configurations at a time
  CHECK(soon->due.size() == 1);
  CHECK(soon->marks.at("ten").gone_s == 0);
}

TEST_CASE("cron ledger: marks come back as they were written, and nonsense is none") {
  const auto marks = read_marks(to_text(marks_at(kNoon, true)));
  CHECK(marks.at("ten").is_paused);
  CHECK(marks.at("ten").last_s == kNoon.time_since_epoch().count());
  for (const char* nonsense : {"", "null", "[1]", R"({"a": 1, "b": {"last": "x"}})"})
    CHECK(read_marks(nonsense).empty());
}

TEST_CASE("cron ledger: a tick has one id, whoever queues it") {
  CHECK(tick_id("shop", "nightly", kNoon) == tick_id("shop", "nightly", kNoon));
  CHECK(tick_id("shop", "nightly", kNoon) != tick_id("shop", "nightly", kNoon + 1s));
  CHECK(tick_id("shop", "nightly", kNoon) != tick_id("shop", "other", kNoon));
  CHECK(tick_id("shop", "nightly", kNoon) != tick_id("bank", "nightly", kNoon));
  const auto id = tick_id("shop", "nightly", kNoon);
  CHECK(id.size() == 36);
  CHECK(id[14] == '5');  // its version
}

TEST_CASE("cron ledger: the next turn is that of the first to come") {
  auto entries = every_ten_minutes();
  entries["hour"] = entries["ten"];
  entries["hour"].every = 1h;
  auto marks = marks_at(kNoon);
  CHECK(**next_turn(entries, marks) <= kNoon);  // nobody has seen the other one
  marks["hour"] = marks["ten"];
  CHECK(**next_turn(entries, marks) == kNoon + 10min);
}
