#include "poller/cron/schedule.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/clock.hpp"
#include "base/rfc3339.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

CronTick tick(const std::string& text) {
  return CronTick(std::chrono::seconds(*parse_rfc3339(text) / 1000));
}

CronEntry entry(const std::string& expression, const std::string& zone) {
  CronEntry entry;
  entry.at = *parse_cron(expression);
  entry.zone = zone;
  return entry;
}

struct Row {
  const char* expression;
  const char* zone;
  const char* after;
  std::vector<const char*> next;
};

void check(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.expression);
    CAPTURE(row.zone);
    CronTick after = tick(row.after);
    for (const char* expected : row.next) {
      CAPTURE(expected);
      const auto found = next_tick(entry(row.expression, row.zone), after);
      REQUIRE(found.ok());
      REQUIRE(*found);
      CHECK((**found - tick(expected)).count() == 0);
      after = **found;
    }
  }
}

}  // namespace

TEST_CASE("cron schedule: local time of the zone, in summer and in winter") {
  check({{"30 4 * * *",
          "Europe/Berlin",
          "2026-07-01T00:00:00Z",
          {"2026-07-01T02:30:00Z", "2026-07-02T02:30:00Z"}},
         {"30 4 * * *", "Europe/Berlin", "2026-12-01T00:00:00Z", {"2026-12-01T03:30:00Z"}},
         {"30 4 * * *", "UTC", "2026-07-01T04:30:00Z", {"2026-07-02T04:30:00Z"}},
         {"0 12 * * *", "Asia/Kolkata", "2026-07-01T00:00:00Z", {"2026-07-01T06:30:00Z"}}});
}

TEST_CASE(
    "cron schedule: a local time that doesn't exist comes at the moment of the change, once") {
  check({// 02:00 to 03:00 is left out on 29 March.
         {"30 2 * * *",
          "Europe/Berlin",
          "2026-03-28T12:00:00Z",
          {"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"}},
         {"*/10 2 * * *",
          "Europe/Berlin",
          "2026-03-29T00:00:00Z",
          {"2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"}},
         {"*/30 * * * *",
          "Europe/Berlin",
          "2026-03-29T00:00:00Z",
          {"2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"}},
         {"0 3 * * *",
          "Europe/Berlin",
          "2026-03-29T00:00:00Z",
          {"2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"}},
         {"30 2 * * *",
          "America/New_York",
          "2026-03-08T00:00:00Z",
          {"2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"}},
         // Half an hour only, on an island.
         {"15 2 * * *",
          "Australia/Lord_Howe",
          "2026-10-03T10:00:00Z",
          {"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"}},
         // A whole day: Samoa had no 30 December 2011.
         {"0 12 30 12 *",
          "Pacific/Apia",
          "2011-12-29T12:00:00Z",
          {"2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z"}}});
}

TEST_CASE("cron schedule: a local time that comes twice counts the first time") {
  check({// 02:00 to 03:00 comes twice on 25 October.
         {"30 2 * * *",
          "Europe/Berlin",
          "2026-10-24T12:00:00Z",
          {"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"}},
         {"*/30 2 * * *",
          "Europe/Berlin",
          "2026-10-25T00:00:00Z",
          {"2026-10-25T00:30:00Z", "2026-10-26T01:00:00Z"}},
         {"0 3 * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", {"2026-10-25T02:00:00Z"}},
         {"30 1 * * *",
          "America/New_York",
          "2026-11-01T00:00:00Z",
          {"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
         {"45 1 * * *",
          "Australia/Lord_Howe",
          "2026-04-04T12:00:00Z",
          {"2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"}},
         // From the middle of its second coming.
         {"30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", {"2026-10-26T01:30:00Z"}}});
}

TEST_CASE("cron schedule: what comes every hour goes on through both") {
  check({{"*/30 * * * *",
          "Europe/Berlin",
          "2026-10-25T00:00:00Z",
          {"2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z",
           "2026-10-25T02:00:00Z"}},
         {"@hourly",
          "Europe/Berlin",
          "2026-10-24T23:30:00Z",
          {"2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"}}});
}

TEST_CASE("cron schedule: every counts from 1970, wherever it begins") {
  CronEntry ten;
  ten.every = 10min;
  CHECK(**next_tick(ten, tick("2026-11-26T12:34:56Z")) == tick("2026-11-26T12:40:00Z"));
  CHECK(**next_tick(ten, tick("2026-11-26T12:40:00Z")) == tick("2026-11-26T12:50:00Z"));
  const auto some =
      ticks_between(ten, tick("2026-11-26T12:00:00Z"), tick("2026-11-26T12:30:00Z"), 9);
  CHECK(some->size() == 3);
  CHECK(ticks_between(ten, tick("2026-11-26T12:00:00Z"), tick("2026-11-26T12:30:00Z"), 2)->size() ==
        2);
}

TEST_CASE("cron schedule: a zone that tzdata does not know is a sentence") {
  const auto found = next_tick(entry("* * * * *", "Europe/Atlantis"), CronTick());
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().text.starts_with("the time zone Europe/Atlantis can't be read"));
}
