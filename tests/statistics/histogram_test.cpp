#include "statistics/histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <vector>

#include "statistics/packed_buckets.hpp"

using namespace actiond;
using namespace std::chrono_literals;

namespace {

template <typename Times>
Times times_of(const std::vector<std::chrono::microseconds>& all) {
  Times times;
  for (const auto time : all) times.add(time);
  return times;
}

}  // namespace

TEST_CASE("histogram: 26 buckets for runs, 16 for waits, from 1 ms to 5 minutes and more") {
  CHECK(RunTimes::kBuckets == 26);
  CHECK(WaitTimes::kBuckets == 16);
  CHECK(kRunBounds_ms.front() == 1);
  CHECK(kRunBounds_ms.back() == 300'000);
  CHECK(kWaitBounds_ms.front() == 1);
  CHECK(kWaitBounds_ms.back() == 300'000);
}

// Each bound at most 2.2 (2.75) times the one before: so far off a percentile can be.
TEST_CASE("histogram: the buckets are a log scale") {
  for (std::size_t i = 1; i < kRunBounds_ms.size(); ++i) {
    CAPTURE(i);
    CHECK(kRunBounds_ms[i] > kRunBounds_ms[i - 1]);
    CHECK(kRunBounds_ms[i] * 10 <= kRunBounds_ms[i - 1] * 20);
  }
  for (std::size_t i = 1; i < kWaitBounds_ms.size(); ++i) {
    CAPTURE(i);
    CHECK(kWaitBounds_ms[i] > kWaitBounds_ms[i - 1]);
    CHECK(kWaitBounds_ms[i] * 10 <= kWaitBounds_ms[i - 1] * 30);
  }
}

TEST_CASE("histogram: a bound belongs to its bucket, what is above to the next") {
  struct Row {
    std::chrono::microseconds time;
    std::size_t bucket;
  };
  const Row rows[] = {{-5s, 0},    {0us, 0},   {999us, 0},  {1ms, 0},   {1001us, 1},    {2ms, 1},
                      {2001us, 2}, {100ms, 9}, {101ms, 10}, {300s, 24}, {300001ms, 25}, {10h, 25}};
  for (const Row& row : rows) {
    CAPTURE(row.time.count());
    CHECK(times_of<RunTimes>({row.time}).buckets[row.bucket] == 1);
  }
}

TEST_CASE("histogram: the sum is exact, and a time below zero is none") {
  CHECK(times_of<RunTimes>({1500us, 2s, -3s}).sum_us == 2'001'500);
  CHECK(times_of<RunTimes>({1500us, 2s, -3s}).count() == 3);
}

TEST_CASE("histogram: those of two add up") {
  auto one = times_of<WaitTimes>({1ms, 70ms});
  one.add(times_of<WaitTimes>({70ms, 1h}));
  CHECK(one == times_of<WaitTimes>({1ms, 70ms, 70ms, 1h}));
}

TEST_CASE("percentile: of nothing there is none") {
  CHECK(!percentile(RunTimes{}, 0.5));
}

TEST_CASE("percentile: within a bucket it is a straight line") {
  const auto times = times_of<RunTimes>({110ms, 120ms, 150ms, 160ms});  // 100 to 170 ms
  CHECK(*percentile(times, 0.5) == doctest::Approx(135));
  CHECK(*percentile(times, 0.25) == doctest::Approx(117.5));
  CHECK(*percentile(times, 1) == doctest::Approx(170));
  CHECK(*percentile(times, 0) == doctest::Approx(100));
}

TEST_CASE("percentile: what is above all bounds answers the last") {
  CHECK(*percentile(times_of<RunTimes>({1h}), 0.5) == doctest::Approx(300'000));
}

TEST_CASE("percentile: of any times it is in the bucket of the true one") {
  std::minstd_rand random(7);
  std::lognormal_distribution<double> draw(9, 2);  // microseconds: 0.1 ms to minutes
  for (int round = 0; round < 50; ++round) {
    std::vector<std::chrono::microseconds> all;
    for (int i = 0; i < 500; ++i)
      all.emplace_back(static_cast<std::int64_t>(std::min(draw(random), 2.9e8)));
    const auto times = times_of<RunTimes>(all);
    std::sort(all.begin(), all.end());
    for (const double q : {0.5, 0.95, 0.99}) {
      const auto rank = static_cast<std::size_t>(q * 500) - 1;
      const auto bucket = RunTimes::bucket_of(all[rank].count());
      const auto lower = bucket == 0 ? 0 : kRunBounds_ms[bucket - 1];
      CHECK(*percentile(times, q) >= static_cast<double>(lower));
      CHECK(*percentile(times, q) <= static_cast<double>(kRunBounds_ms[bucket]) + 1e-6);
    }
  }
}

TEST_CASE("packed buckets: what was packed is unpacked, and added") {
  RunTimes times;
  times.buckets = {1, 0, 127, 128, 300, 1'000'000'007, 0, UINT64_MAX};
  const auto bytes = pack_buckets(times.buckets);
  CHECK(bytes.size() < 30);
  RunTimes again;
  unpack_buckets(bytes, again.buckets);
  CHECK(again.buckets == times.buckets);
  unpack_buckets(pack_buckets(RunTimes{}.buckets), again.buckets);
  CHECK(again.buckets == times.buckets);
  CHECK(pack_buckets(RunTimes{}.buckets).empty());
}

TEST_CASE("packed buckets: of any bytes no more is read than there is room, and as it was packed") {
  std::minstd_rand random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 80, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random() % 2 == 0 ? 0xff : random());
    std::array<std::uint64_t, 12> room{};
    const std::span buckets(room.data(), 8);
    unpack_buckets(bytes, buckets);
    CHECK(std::count(room.begin() + 8, room.end(), 0U) == 4);
    std::array<std::uint64_t, 8> again{};
    unpack_buckets(pack_buckets(buckets), again);
    CHECK(std::equal(again.begin(), again.end(), buckets.begin()));
  }
}
