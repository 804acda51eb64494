#include "poller/cron/schedule.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace actiond {
namespace {

using std::chrono::seconds;

constexpr CronTick kLastTick{seconds(32'503'680'000)};  // the year 3000

// A stretch of time in which a zone keeps its distance from UTC.
struct Stretch {
  CronTick begin, end;
  seconds offset;
};

Stretch stretch_at(const date::time_zone& zone, CronTick at) {
  const auto info = zone.get_info(at);
  return {info.begin, info.end, info.offset};
}

LocalMinute floor_minute(CronTick tick, seconds offset) {
  return std::chrono::floor<std::chrono::minutes>(
      std::chrono::local_seconds(tick.time_since_epoch() + offset));
}

CronTick tick_of(LocalMinute minute, seconds offset) {
  return CronTick(std::chrono::duration_cast<seconds>(minute.time_since_epoch()) - offset);
}

// The last local minute that doesn't count in this stretch: all before it are over, or were there
// before the clocks were set back.
LocalMinute over_until(const date::time_zone& zone, const CronExpression& expression,
                       const Stretch& stretch, CronTick after) {
  const auto over = floor_minute(after, stretch.offset);
  if (expression.is_every_hour() || stretch.begin.time_since_epoch() < -std::chrono::years(200))
    return over;
  const auto before = stretch_at(zone, stretch.begin - seconds(1));
  const auto repeated_until = floor_minute(stretch.begin, before.offset);
  return before.offset > stretch.offset ? std::max(over, repeated_until - std::chrono::minutes(1))
                                        : over;
}

// Does it name a local time that the change at the end of `stretch` leaves out?
bool is_left_out(const CronExpression& expression, const Stretch& stretch, const Stretch& next) {
  if (next.offset <= stretch.offset) return false;
  const auto first = floor_minute(stretch.end, stretch.offset);
  const auto named = next_local(expression, first - std::chrono::minutes(1));
  return named && *named < floor_minute(stretch.end, next.offset);
}

std::optional<CronTick> next_in_zone(const CronExpression& expression, const date::time_zone& zone,
                                     CronTick after) {
  for (Stretch stretch = stretch_at(zone, after); after < kLastTick;) {
    const auto minute = next_local(expression, over_until(zone, expression, stretch, after));
    if (!minute) return std::nullopt;
    const CronTick tick = tick_of(*minute, stretch.offset);
    if (tick < stretch.end) return tick;
    const Stretch next = stretch_at(zone, stretch.end);
    if (is_left_out(expression, stretch, next)) return stretch.end;
    after = stretch.end - seconds(1);
    stretch = next;
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<CronTick>> next_tick(const CronExpression& expression, const std::string& zone,
                                          CronTick after) {
  try {
    return next_in_zone(expression, *date::locate_zone(zone), after);
  } catch (const std::runtime_error& error) {
    return Error{fmt::format("the time zone {} can't be read: install the package tzdata ({})",
                             zone, error.what())};
  }
}

Result<std::optional<CronTick>> next_tick(const CronEntry& entry, CronTick after) {
  if (entry.at) return next_tick(*entry.at, entry.zone, after);
  const auto every = std::chrono::duration_cast<seconds>(entry.every);
  const auto passed = after.time_since_epoch() / every;
  return std::optional(CronTick((passed + 1) * every));
}

Result<std::vector<CronTick>> ticks_between(const CronEntry& entry, CronTick after, CronTick until,
                                            std::size_t most) {
  std::vector<CronTick> ticks;
  while (ticks.size() < most) {
    const auto next = next_tick(entry, after);
    if (!next) return next.error();
    if (!*next || **next > until) break;
    ticks.push_back(after = **next);
  }
  return ticks;
}

}  // namespace actiond
