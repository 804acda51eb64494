// What `stats` knows, for people.
#pragma once

#include <string>

#include "statistics/report.hpp"

namespace actiond {

// A line for each event, below it one for each plugin set that ran it if there were several, or
// `is_by_set`; then the deploys, refusals and ways back of that time.
std::string stats_text(const Report& report, bool is_by_set);

// "0.4ms", "12ms", "3.4s", "5m": a time that was estimated, to about three digits. "≥5m": the last
// bucket's. "-" for none.
std::string estimate_text(std::optional<double> ms);

}  // namespace actiond
