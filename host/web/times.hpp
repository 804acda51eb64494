// Spans of time in the milliseconds in which the page's data are.
#pragma once

#include <cstdint>

namespace actiond::web {

inline constexpr std::int64_t kMinute_ms = 60'000;
inline constexpr std::int64_t kHour_ms = 60 * kMinute_ms;

}  // namespace actiond::web
