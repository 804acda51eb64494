#include "base/cron/expression.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace actiond;
using namespace std::chrono_literals;
using std::chrono::local_days;

namespace {

LocalMinute at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  return local_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

LocalMinute next(const std::string& expression, LocalMinute after) {
  const auto cron = parse_cron(expression);
  REQUIRE_MESSAGE(cron.ok(), expression);
  const auto found = next_local(*cron, after);
  REQUIRE(found);
  return *found;
}

}  // namespace

TEST_CASE("cron expression: what comes next") {
  const LocalMinute thursday = at(2026, 11, 26, 12, 34);
  const struct {
    const char* expression;
    LocalMinute next;
  } rows[] = {
      {"* * * * *", at(2026, 11, 26, 12, 35)},
      {"34 12 * * *", at(2026, 11, 27, 12, 34)},  // later than, not at
      {"30 4 * * *", at(2026, 11, 27, 4, 30)},
      {"*/20 * * * *", at(2026, 11, 26, 12, 40)},
      {"5/20 * * * *", at(2026, 11, 26, 12, 45)},
      {"0 8-18/5 * * *", at(2026, 11, 26, 13, 0)},
      {"0,59 12 * * *", at(2026, 11, 26, 12, 59)},
      {"0 0 * * mon", at(2026, 11, 30)},
      {"0 0 * * 7", at(2026, 11, 29)},
      {"0 0 * * Fri-Sat", at(2026, 11, 27)},
      {"0 0 1 jan *", at(2027, 1, 1)},
      {"0 0 29 2 *", at(2028, 2, 29)},
      {"0 0 29 2 mon", at(2027, 2, 1)},      // either will do
      {"0 0 13 * fri", at(2026, 11, 27)},    // either will do
      {"0 0 */2 * mon", at(2026, 11, 27)},   // either will do
      {"0 0 1-31 * mon", at(2026, 11, 30)},  // the same as *
      {"@hourly", at(2026, 11, 26, 13, 0)},
      {"@daily", at(2026, 11, 27)},
      {"@weekly", at(2026, 11, 29)},
      {"@monthly", at(2026, 12, 1)},
      {"@yearly", at(2027, 1, 1)},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expression);
    CHECK(next(row.expression, thursday) == row.next);
  }
}

TEST_CASE("cron expression: what is none says which field is wrong") {
  const struct {
    const char* expression;
    const char* sentence;
  } rows[] = {
      {"30 4 * *", "'30 4 * *' has 4 fields: write minute, hour, day of the month"},
      {"60 * * * *", "'60' is no minute: write a number from 0 to 59, *, or such as */15 or 0,30"},
      {"0 24 * * *", "'24' is no hour"},
      {"0 0 0 * *", "'0' is no day of the month"},
      {"0 0 * 13 *", "'13' is no month"},
      {"0 0 * * 8", "'8' is no day of the week"},
      {"0 0 * * fry", "'fry' is no day of the week"},
      {"0 18-8 * * *", "'18-8' is no hour"},
      {"*/0 * * * *", "'*/0' is no minute"},
      {"1,,2 * * * *", "'' is no minute"},
      {"-1 * * * *", "'-1' is no minute"},
      {"1-2-3 * * * *", "'1-2-3' is no minute"},
      {"0 0 30 2 *", "'0 0 30 2 *' never comes: no month that it names has such a day"},
      {"@reboot", "'@reboot' has 1 fields"},
      {"", "'' has 0 fields"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.expression);
    const auto cron = parse_cron(row.expression);
    REQUIRE_FALSE(cron.ok());
    CHECK_MESSAGE(cron.error().text.starts_with(row.sentence), cron.error().text);
  }
}
