#include "base/rfc3339.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/clock.hpp"
#include "scene.hpp"

using namespace actiond;
using actiond::test::Zone;

namespace {

struct ReadTime {
  std::string text;
  std::int64_t expected;
};

void check(const ReadTime& row) {
  CAPTURE(row.text);
  const auto parsed = parse_rfc3339(row.text);
  REQUIRE(parsed.ok());
  CHECK(*parsed == row.expected);
}

constexpr std::int64_t kEve = 1'798'131'600'000;  // 2026-12-24 17:00 UTC

}  // namespace

TEST_CASE("rfc3339: date, time and offset") {
  for (const ReadTime& row : {ReadTime{"2026-12-24T18:00:00+01:00", kEve},
                              {"2026-12-24T17:00:00Z", kEve},
                              {"2026-12-24t17:00:00z", kEve},
                              {"2026-12-24 17:00:00Z", kEve},
                              {"2026-12-24 13:30:00-03:30", kEve},
                              {"2026-12-25T16:59:00+23:59", kEve},
                              {"2026-12-24T17:00Z", kEve},
                              {"2026-12-24T17:00:00.5Z", kEve + 500},
                              {"2026-12-24T17:00:00.007Z", kEve + 7},
                              {"2026-12-24T17:00:00.1239999Z", kEve + 124},
                              {"2026-12-24T17:00:00.1230Z", kEve + 123},
                              {"2026-12-24T17:00:00.99901Z", kEve + 1000},
                              {"2026-12-24T16:59:60Z", kEve},
                              {"1970-01-01T00:00:00Z", 0},
                              {"1969-12-31T23:59:59.999Z", -1},
                              {"2028-02-29T00:00:00Z", 1'835'395'200'000},
                              {"9999-12-31T23:59:59Z", 253'402'300'799'000}})
    check(row);
}

TEST_CASE("rfc3339: without an offset it is local time") {
  const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  check({"2026-12-24 18:00:00", kEve});
  check({"2026-12-24T18:00", kEve});
  check({"2026-07-24 19:00", 1'784'912'400'000});  // summer: two hours before UTC
}

TEST_CASE("rfc3339: what the log and --json write is read again") {
  const Zone zone("XXX3:30");
  for (const std::int64_t moment : {kEve, kEve + 123, std::int64_t{-1}}) {
    check({format_rfc3339(moment), moment});
    check({format_local_time(moment), moment});
  }
}

TEST_CASE("rfc3339: anything else is refused, with an example") {
  for (const char* text : {"",
                           "tomorrow",
                           "18:00",
                           "2026-12-24",
                           "2026-12-24T",
                           "2026-12-24T18",
                           "2026-12-24T1800",
                           "26-12-24T18:00:00Z",
                           "2026-13-24T18:00:00Z",
                           "2026-00-24T18:00:00Z",
                           "2026-02-29T18:00:00Z",
                           "2026-12-32T18:00:00Z",
                           "2026-12-24T24:00:00Z",
                           "2026-12-24T18:60:00Z",
                           "2026-12-24T18:00:61Z",
                           "2026-12-24T18:00:00.Z",
                           "2026-12-24T18:00:00,5Z",
                           "2026-12-24T18:00:00+0100",
                           "2026-12-24T18:00:00+1:00",
                           "2026-12-24T18:00:00+24:00",
                           "2026-12-24T18:00:00 CET",
                           "2026-12-24T18:00:00Z ",
                           " 2026-12-24T18:00:00Z",
                           "2026-12-24  18:00:00",
                           "2026-12-24T-1:00:00Z",
                           "+2026-12-24T1:0",
                           "2026/12/24 18:00:00",
                           "1798131600"}) {
    CAPTURE(text);
    const auto parsed = parse_rfc3339(text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().text == "'" + std::string(text) +
                                     "' is not a date and time: write 2026-12-24T18:00:00+01:00, "
                                     "or without +01:00 for local "
                                     "time");
  }
}
