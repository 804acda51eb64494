// What `stats` and the pages show of a stretch of time: per event, and of each plugin set that ran
// it, side by side.
#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "statistics/reader.hpp"

namespace actiond {

inline constexpr std::size_t kReportBins = 30;  // of a sparkline

struct Figures {
  std::array<std::uint64_t, kOutcomeLabels> outcomes{};
  std::uint64_t crashes = 0;  // of runners in it, whatever became of the event
  RunTimes run;
  WaitTimes wait;
  std::array<std::uint64_t, kReportBins> series{};  // all outcomes, by time

  std::uint64_t of(OutcomeLabel label) const { return outcomes[static_cast<std::size_t>(label)]; }
  std::uint64_t all() const;
};

struct SetFigures {
  std::string plugin_set;
  std::int64_t since_ms = 0;  // its first in this stretch, to the step
  Figures figures;
};

struct EventFigures {
  std::string event;
  Figures figures;
  std::vector<SetFigures> sets;  // oldest first; of one step, by their deploys
};

struct Report {
  std::int64_t since_ms = 0, until_ms = 0;  // since 1970 UTC
  std::vector<EventFigures> events;         // by name
  std::vector<Mark> marks;                  // newest first
};

// `event`: of this alone; empty: of all.
Report make_report(const std::vector<CountRow>& counts, std::vector<Mark> marks,
                   std::int64_t since_ms, std::int64_t until_ms, const std::string& event);

// What a run_dir's file has of the time since. Fails if it can't be read.
Result<Report> read_report(const Config& config, std::chrono::milliseconds since,
                           std::int64_t now_ms, const std::string& event);

nlohmann::json report_json(const Report& report);

}  // namespace actiond
