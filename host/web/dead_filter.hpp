// Dead letters by what they have in common: the event, and the error without its numbers. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/message.hpp"

namespace actiond::web {

using action::Message;

// The first line of an error, in which numbers and ids are "#": "timeout after 31 ms" and "timeout
// after 7 ms" are the same trouble. At most 160 bytes.
std::string error_pattern(std::string_view error);

struct DeadFilter {
  std::string event;    // empty: any
  std::string pattern;  // as error_pattern has it; empty: any

  bool matches(const Message& letter) const {
    return (event.empty() || letter.event == event) &&
           (pattern.empty() || error_pattern(letter.trail.error) == pattern);
  }
};

struct DeadGroup {
  std::uint64_t count = 0;
  std::int64_t first_ms = 0, last_ms = 0;  // when they failed for the last time
  std::string example;                     // an error, as it was
};

// What a look has found. Of very many letters only the groups are kept.
class DeadLook {
 public:
  static constexpr std::size_t kMostKept = 10'000;

  void add(const Message& letter);
  std::size_t total() const { return total_; }
  // {"total", "groups", "matching", "offset", "shown", "letters"}: a page of those that match.
  nlohmann::json page(const DeadFilter& filter, std::size_t offset, std::size_t limit) const;

 private:
  struct Brief {
    std::string id, event, queue, error, pattern;
    int attempts;
    std::int64_t failed_at_ms;
  };
  std::size_t matching(const DeadFilter& filter) const;

  std::size_t total_ = 0;
  std::map<std::pair<std::string, std::string>, DeadGroup> groups_;
  std::vector<Brief> letters_;
};

}  // namespace actiond::web
