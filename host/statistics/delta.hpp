// What a poller has counted since it last wrote, on its way to statistics.db.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "statistics/histogram.hpp"
#include "statistics/outcome_label.hpp"

namespace actiond {

// What was counted of one event, queue, plugin set and outcome.
struct Cell {
  std::uint64_t count = 0;
  RunTimes run;    // of those that ran
  WaitTimes wait;  // of those whose time of queueing is known

  void add(const Cell& other) {
    count += other.count;
    run.add(other.run);
    wait.add(other.wait);
  }
  bool operator==(const Cell&) const = default;
};

struct CellKey {
  std::int64_t minute = 0;  // since 1970 UTC
  std::string event, queue, plugin_set;
  OutcomeLabel outcome = OutcomeLabel::Done;

  auto operator<=>(const CellKey&) const = default;
};

// What is marked under every chart.
enum class MarkKind : std::uint8_t { Swap, Refusal, Rollback, Crash };
// "swap", "refusal", "rollback", "crash".
std::string_view name(MarkKind kind);

struct Mark {
  MarkKind kind = MarkKind::Swap;
  std::int64_t at_ms = 0;  // since 1970 UTC
  std::string poller;      // "host/1"
  std::string set_before, set_after;
  std::string event, plugin;  // Crash: what ran, of which file
  std::string text;           // why
  std::uint64_t count = 1;    // crashes that were alike and came too fast for a row each

  bool operator==(const Mark&) const = default;
};

struct Delta {
  std::map<CellKey, Cell> cells;
  std::vector<Mark> marks;
  std::uint64_t reconnects = 0;

  bool is_empty() const { return cells.empty() && marks.empty() && reconnects == 0; }
  // Takes `later` in. A store that can't be written for long must not cost memory for long: of very
  // many cells and marks the time, or the single row, is given up, never the count.
  void add(Delta later);
};

inline constexpr std::size_t kMostKeptCells = 4000;
inline constexpr std::size_t kMostKeptMarks = 64;
// One more, or one more like the last of its kind if there are kMostKeptMarks.
void add_mark(std::vector<Mark>& marks, Mark mark);

}  // namespace actiond
