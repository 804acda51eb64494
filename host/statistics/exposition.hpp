// The metrics, in Prometheus' text format. Names and labels are a contract with dashboards and
// alerts: config/prometheus and config/grafana use them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "statistics/reader.hpp"

namespace actiond {

struct MetricsSource {
  nlohmann::json status;             // as status --json has it
  std::vector<CountRow> totals;      // of StatisticsReader, kTotals
  std::vector<CounterRow> counters;  // of StatisticsReader
  std::string version;               // of actiond
  std::string problem;               // why there are no totals and counters; empty: none
};

// What `status` does not have is left out, and so is what a problem hides: it is said in a comment.
std::string exposition(const MetricsSource& source);

}  // namespace actiond
