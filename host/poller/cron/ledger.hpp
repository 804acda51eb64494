// What is due of the recurring events, and what the pollers remember of them: for each its last
// tick, and whether it is paused. Pure: the state is a text that whoever keeps it need not read.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/config/config.hpp"
#include "poller/cron/schedule.hpp"

namespace actiond {

// A tick that is later than this when somebody looks has been missed.
inline constexpr std::chrono::seconds kCronGrace{10};
// Of the missed ones of `missed: all`, so many at once: the last ones.
inline constexpr std::size_t kMostMissed = 1000;
// With another schedule, times that are over count from so far back: while a new configuration
// is rolled out, none that is on time is lost.
inline constexpr std::chrono::seconds kCronRollOut{60};
// An entry that was in no configuration for longer begins anew when it is there again.
inline constexpr std::chrono::minutes kCronRemembered{10};

struct CronMark {
  std::int64_t last_s = 0;  // the last tick that is over, since 1970 UTC
  bool is_paused = false;
  std::int64_t came_s = 0;  // the last tick that was queued; 0: none yet
  std::string schedule{};   // whose ticks these are; empty: not known
  std::int64_t gone_s = 0;  // since when no entry has its name; 0: one has
  // When it was resumed, by the clock of whoever did that; 0: that has been seen to.
  std::int64_t resumed_s = 0;

  bool operator==(const CronMark&) const = default;
};
using CronMarks = std::map<std::string, CronMark>;

// Of a text that is none there are no marks.
CronMarks read_marks(std::string_view text);
std::string to_text(const CronMarks& marks);

struct CronDue {
  std::string name;  // of the entry
  CronTick tick;
};

struct CronTurn {
  std::vector<CronDue> due;  // to be queued, in the order of their ticks
  CronMarks marks;           // what holds then
  bool has_changed = false;
  std::size_t skipped = 0;  // ticks that were missed, and are not made up for
};

// An entry that nobody remembers begins now. What is over never comes again, also when a clock was
// set back. What is paused comes to an end without being queued. An entry with another schedule, or
// that is back after a while, has missed nothing. Fails if a zone is not known.
Result<CronTurn> cron_turn(const std::map<std::string, CronEntry>& entries, const CronMarks& marks,
                           CronTick now);

// What holds if these of `turn.due` were refused: a name's ticks are over up to the first of them,
// and the others come again.
CronMarks marks_without(const CronTurn& turn, const CronMarks& before,
                        const std::set<std::size_t>& refused);

// When there is something to do next; none: nothing is to come.
Result<std::optional<CronTick>> next_turn(const std::map<std::string, CronEntry>& entries,
                                          const CronMarks& marks);

// The same for the same tick, whoever queues it: a UUID of version 5.
std::string tick_id(const std::string& application, const std::string& name, CronTick tick);

// An order by a person, as it travels: pauses or resumes an entry, at that time.
std::string pause_order(const std::string& name, bool is_paused, CronTick at);
// `state` after that order; an order that is none changes nothing. What passed by until a resume is
// over, also if nobody was there to see it pass: the next turn sees to that. Whoever obeys may be
// the one who ordered it, and his clock ahead.
std::string obey(const std::string& state, const std::string& order);

}  // namespace actiond
