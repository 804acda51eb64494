// How long runs took, or how long events waited: counts in buckets on a log scale from 1 ms to
// 5 minutes and more. Buckets of several pollers, minutes and hours add up; percentiles are
// estimated from the sum.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace actiond {

// The upper bounds, inclusive; one bucket more is for all that is longer.
inline constexpr std::array<std::int64_t, 25> kRunBounds_ms{
    1,   2,    3,    5,    8,    12,    20,    35,    60,    100,    170,    300,   500,
    800, 1200, 2000, 3500, 6000, 10000, 17000, 30000, 60000, 100000, 180000, 300000};
inline constexpr std::array<std::int64_t, 15> kWaitBounds_ms{
    1, 2, 5, 10, 25, 60, 150, 400, 1000, 2500, 6000, 15000, 40000, 100000, 300000};

template <const auto& kBounds>
struct Histogram {
  static constexpr std::size_t kBuckets = kBounds.size() + 1;

  std::array<std::uint64_t, kBuckets> buckets{};
  std::int64_t sum_us = 0;

  static std::size_t bucket_of(std::int64_t us) {
    const auto bound = std::lower_bound(
        kBounds.begin(), kBounds.end(), us,
        [](std::int64_t bound_ms, std::int64_t value_us) { return bound_ms * 1000 < value_us; });
    return static_cast<std::size_t>(bound - kBounds.begin());
  }

  // A time below zero, as of clocks that differ, is none.
  void add(std::chrono::microseconds time) {
    const auto us = std::max<std::int64_t>(0, time.count());
    ++buckets[bucket_of(us)];
    sum_us += us;
  }

  void add(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets[i] += other.buckets[i];
    sum_us += other.sum_us;
  }

  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const auto bucket : buckets) all += bucket;
    return all;
  }

  bool operator==(const Histogram&) const = default;
};

using RunTimes = Histogram<kRunBounds_ms>;
using WaitTimes = Histogram<kWaitBounds_ms>;

// The time, in ms, that the share `q` (0 to 1) of what was counted did not exceed: within a bucket
// a straight line from its lower to its upper bound. The last bucket has no upper bound and answers
// its lower one. Nothing if nothing was counted.
template <const auto& kBounds>
std::optional<double> percentile(const Histogram<kBounds>& times, double q) {
  const auto all = times.count();
  if (all == 0) return std::nullopt;
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(all);
  double below = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    const auto here = static_cast<double>(times.buckets[i]);
    const auto lower = i == 0 ? 0.0 : static_cast<double>(kBounds[i - 1]);
    const auto upper = static_cast<double>(kBounds[i]);
    if (here > 0 && below + here >= rank) return lower + (upper - lower) * (rank - below) / here;
    below += here;
  }
  return static_cast<double>(kBounds.back());
}

}  // namespace actiond
