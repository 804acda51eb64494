// What `status --watch` shows: the picture that `status` takes, and what changes from one to the
// next.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "commands/terminal/screen.hpp"

namespace actiond {

// Remembers the pictures of the last minute.
class Trends {
 public:
  // `now_ms` is of any clock that does not jump.
  void add(const nlohmann::json& picture, std::int64_t now_ms);

  // Since the picture before; 0 of the first.
  double done_a_second() const { return done_a_second_; }
  double failed_a_second() const { return failed_a_second_; }
  // "+12/min", "-3/min", "steady"; "" of a queue that was not there before.
  std::string of_queue(const std::string& queue) const;

 private:
  struct Seen {
    std::int64_t at_ms;
    std::map<std::string, double> ready;                        // by queue
    std::map<std::int64_t, std::pair<double, double>> pollers;  // done and failed, by pid
  };
  void compare(const Seen& before, const Seen& now);

  std::deque<Seen> seen_;
  double done_a_second_ = 0, failed_a_second_ = 0;
};

// `time` is that of the wall, `picture` what status --json prints.
std::vector<ScreenLine> watch_lines(const nlohmann::json& picture, const Trends& trends,
                                    const std::string& time);

}  // namespace actiond
