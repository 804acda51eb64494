// A cron expression, "30 4 * * mon-fri": minute, hour, day of the month, month, day of the week;
// or @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. Pure.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace actiond {

struct CronExpression {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     // 1 to 31
  std::bitset<13> months;   // 1 to 12
  std::bitset<7> weekdays;  // 0: Sunday
  // It leaves some out. If both do, a day that either of them names will do.
  bool has_days = false, has_weekdays = false;

  bool is_every_hour() const { return hours.all(); }
  bool operator==(const CronExpression&) const = default;
};

// Lists, ranges, steps and the names of months and days: "*/15 8-18/2 1,15 jan-mar *". Fails with a
// sentence that says which field is wrong, and what to write; also if no day is like that.
Result<CronExpression> parse_cron(std::string_view text);

// Days and minutes as a clock on a wall shows them, without a zone.
using LocalMinute = std::chrono::local_time<std::chrono::minutes>;

// The first minute later than `after` that the expression names; none: no day is like that.
std::optional<LocalMinute> next_local(const CronExpression& expression, LocalMinute after);

}  // namespace actiond
