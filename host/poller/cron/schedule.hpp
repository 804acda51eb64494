// When a recurring event is due. Pure, but for the zones, which tzdata has.
//
// An `every` counts from 1970 UTC. An expression means local time of its zone, where clocks are
// changed twice a year:
// - A local time that doesn't exist comes at the moment of the change; several that don't, once.
// - A local time that comes twice counts the first time; but an expression for every hour of the
//   day (an hour of *) goes on through both.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/cron/entry.hpp"
#include "base/result.hpp"

namespace actiond {

using CronTick = std::chrono::sys_seconds;

// The first tick later than `after`; none: there is none before the year 3000. Fails if tzdata does
// not know the zone. Reads tzdata the first time, which blocks for a few ms.
Result<std::optional<CronTick>> next_tick(const CronEntry& entry, CronTick after);
Result<std::optional<CronTick>> next_tick(const CronExpression& expression, const std::string& zone,
                                          CronTick after);

// Those in (`after`, `until`], the first `most` of them.
Result<std::vector<CronTick>> ticks_between(const CronEntry& entry, CronTick after, CronTick until,
                                            std::size_t most);

}  // namespace actiond
