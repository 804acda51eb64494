// run_dir/statistics.db, as commands and pages read it. A file that is not there yet has counted
// nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/sqlite/database.hpp"
#include "statistics/delta.hpp"

namespace actiond {

// A cell of a minute, of an hour, or of all time.
struct CountRow {
  std::int64_t at_s = 0;  // its beginning, since 1970 UTC
  std::string event, queue, plugin_set;
  OutcomeLabel outcome = OutcomeLabel::Done;
  Cell cell;
};

// What was counted for ever of marks ("swap", …, "crash" by event and plugin) and "reconnect".
struct CounterRow {
  std::string name, event, plugin;
  std::uint64_t value = 0;
};

class StatisticsReader {
 public:
  // Fails on a file that can't be read. Waits for locks up to a second, here and below.
  static Result<StatisticsReader> open(const std::filesystem::path& path);

  // `step_s` is kMinutes, kHours or kTotals; oldest first.
  Result<std::vector<CountRow>> counts(std::int64_t step_s, std::int64_t since_s) const;
  // Newest first, at most so many.
  Result<std::vector<Mark>> marks(std::int64_t since_ms, int most) const;
  Result<std::vector<CounterRow>> counters() const;

 private:
  explicit StatisticsReader(std::unique_ptr<action::Database> database)
      : database_(std::move(database)) {}

  std::unique_ptr<action::Database> database_;  // none: there is no file
};

}  // namespace actiond
