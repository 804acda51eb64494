// Durations as people write and read them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace actiond {

// So that no sum of a clock and one of them overflows.
constexpr std::chrono::milliseconds kLongestDuration = std::chrono::hours(24) * 36'500;

// One whole number with one unit: 250ms, 10s, 5m, 1h, 7d; at most kLongestDuration, 36500d.
// Anything else fails with a sentence that says what to write.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// The two greatest units that count, cut and not rounded: "250ms", "1.5s", "1m30s", "2h5m", "7d".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace actiond
