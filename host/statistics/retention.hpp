// How long statistics are kept, by what `statistics:` in the configuration says, and in which
// steps.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/config/config.hpp"

namespace actiond {

// The steps in which counts are kept, in seconds; kTotals are all that were ever counted.
inline constexpr std::int64_t kTotals = 0;
inline constexpr std::int64_t kMinutes = 60;
inline constexpr std::int64_t kHours = 3600;

// The beginning of the step, in seconds since 1970, that this minute since 1970 belongs to.
constexpr std::int64_t step_begin(std::int64_t step_s, std::int64_t minute) {
  return step_s == kTotals ? 0 : minute * 60 / step_s * step_s;
}

// Steps that began before this, in seconds since 1970, are removed.
std::int64_t oldest_kept(std::chrono::milliseconds kept, std::int64_t now_ms);

// The finest step that reaches back that far.
std::int64_t step_for(std::chrono::milliseconds since, const StatisticsConfig& config);

}  // namespace actiond
