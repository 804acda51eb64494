#include "statistics/retention.hpp"

namespace actiond {

std::int64_t oldest_kept(std::chrono::milliseconds kept, std::int64_t now_ms) {
  return (now_ms - kept.count()) / 1000;
}

std::int64_t step_for(std::chrono::milliseconds since, const StatisticsConfig& config) {
  return since <= config.minutes || config.hours < config.minutes ? kMinutes : kHours;
}

}  // namespace actiond
