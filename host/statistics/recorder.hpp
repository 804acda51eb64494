// What a poller has to do with statistics: it counts, it marks, and every 10 s it hands what is new
// to the writer. Nothing here waits, but for `leave`.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/config/config.hpp"
#include "statistics/counts.hpp"
#include "statistics/writer.hpp"

namespace actiond {

inline constexpr std::chrono::seconds kStatisticsEvery{10};

class Recorder {
 public:
  // With `statistics: none` it does nothing.
  explicit Recorder(const Config& config, std::string poller);

  void count(const Ended& ended) {
    if (is_on_) counts_.count(ended);
  }
  // The poller's name is added. Crashes that come fast share a row.
  void mark(Mark mark);
  void reconnected() { reconnects_ += is_on_ ? 1 : 0; }

  // Every kStatisticsEvery, `now_ms` since 1970: hands on what is new, if anything is. What people
  // are to hear of the writer.
  std::vector<std::string> tick(std::int64_t now_ms);
  // The last time: waits until it is written, a second at most.
  std::vector<std::string> leave(std::int64_t now_ms);

 private:
  void hand_on(std::int64_t now_ms);

  bool is_on_;
  std::string poller_;
  std::int64_t last_ms_;
  Counts counts_;
  std::vector<Mark> marks_;
  std::uint64_t reconnects_ = 0;
  StatisticsWriter writer_;
};

}  // namespace actiond
