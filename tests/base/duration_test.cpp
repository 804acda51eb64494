#include "base/duration.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace actiond;
using namespace std::chrono_literals;

TEST_CASE("duration: a whole number and a unit") {
  const struct {
    std::string text;
    std::chrono::milliseconds expected;
  } rows[] = {{"250ms", 250ms}, {"0ms", 0ms},    {"10s", 10s}, {"5m", 5min},
              {"1h", 1h},       {"7d", 7 * 24h}, {"007s", 7s}, {"36500d", 36500 * 24h}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_duration(row.text);
    REQUIRE(parsed.ok());
    CHECK(*parsed == row.expected);
  }
}

TEST_CASE("duration: anything else is refused with what to write") {
  const std::string no_duration =
      " is not a duration: write a whole number and one unit, as in 250ms, 10s, 5m, 1h or 7d";
  const struct {
    std::string text;
    std::string expected;
  } rows[] = {{"", "''" + no_duration},
              {"abc", "'abc'" + no_duration},
              {"s", "'s'" + no_duration},
              {"-5s", "'-5s'" + no_duration},
              {"+5s", "'+5s'" + no_duration},
              {" 5s", "' 5s'" + no_duration},
              {"5 s", "'5 s'" + no_duration},
              {"5s ", "'5s '" + no_duration},
              {"1.5h", "'1.5h'" + no_duration},
              {"1h30m", "'1h30m'" + no_duration},
              {"5w", "'5w'" + no_duration},
              {"5S", "'5S'" + no_duration},
              {"5\n", "'5\\n'" + no_duration},
              {"30", "'30' has no unit: write 30s or 30ms"},
              {"36501d", "'36501d' is too long: at most 36500d"},
              {"99999999999999999999s", "'99999999999999999999s' is too long: at most 36500d"},
              {"9223372036854775807ms", "'9223372036854775807ms' is too long: at most 36500d"}};
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const auto parsed = parse_duration(row.text);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().text == row.expected);
  }
}

TEST_CASE("duration: people are shown the two greatest units") {
  const struct {
    std::chrono::milliseconds duration;
    std::string expected;
  } rows[] = {{0ms, "0ms"},       {999ms, "999ms"},   {1s, "1s"},      {1550ms, "1.5s"},
              {59999ms, "59.9s"}, {60s, "1m"},        {90s, "1m30s"},  {90500ms, "1m30s"},
              {125min, "2h5m"},   {2h + 5s, "2h"},    {7 * 24h, "7d"}, {25h, "1d1h"},
              {-90s, "-1m30s"},   {365 * 24h, "365d"}};
  for (const auto& row : rows) CHECK(format_duration(row.duration) == row.expected);
}
