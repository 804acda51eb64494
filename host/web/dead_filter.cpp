#include "web/dead_filter.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

constexpr std::size_t kMostPattern = 160;
constexpr std::size_t kMostShownError = 300;
constexpr std::size_t kMostGroups = 1000;
constexpr std::size_t kLeastHexId = 8;
constexpr char kOtherErrors[] = "(other errors)";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "17", "0x7f1c", "3f2a9c01": what differs from one error to the next.
bool is_number(std::string_view word) {
  if (std::all_of(word.begin(), word.end(), is_digit)) return true;
  if (word.starts_with("0x")) return true;
  return word.size() >= kLeastHexId && std::any_of(word.begin(), word.end(), is_digit) &&
         word.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

std::string error_pattern(std::string_view error) {
  error = error.substr(0, error.find('\n'));
  std::string pattern;
  while (!error.empty() && pattern.size() < kMostPattern) {
    const auto end = std::find_if_not(error.begin(), error.end(), is_word);
    const auto word = error.substr(0, static_cast<std::size_t>(end - error.begin()));
    if (word.empty()) {
      pattern += error[0];
      error.remove_prefix(1);
      continue;
    }
    if (is_number(word))
      pattern += '#';
    else
      pattern += word;
    error.remove_prefix(word.size());
  }
  return std::string(utf8_prefix(pattern, kMostPattern));
}

void DeadLook::add(const Message& letter) {
  ++total_;
  const auto& trail = letter.trail;
  auto pattern = error_pattern(trail.error);
  std::pair key(letter.event, pattern);
  if (groups_.size() >= kMostGroups && !groups_.contains(key)) key.second = kOtherErrors;
  auto& group = groups_[key];
  if (++group.count == 1) group.example = utf8_prefix(trail.error, kMostShownError);
  group.first_ms =
      group.count == 1 ? trail.failed_at_ms : std::min(group.first_ms, trail.failed_at_ms);
  group.last_ms = std::max(group.last_ms, trail.failed_at_ms);
  if (letters_.size() >= kMostKept) return;
  letters_.push_back({letter.id, letter.event, trail.queue,
                      std::string(utf8_prefix(trail.error, kMostShownError)), std::move(pattern),
                      trail.attempt, trail.failed_at_ms});
}

std::size_t DeadLook::matching(const DeadFilter& filter) const {
  std::size_t count = 0;
  for (const auto& [key, group] : groups_)
    if ((filter.event.empty() || key.first == filter.event) &&
        (filter.pattern.empty() || key.second == filter.pattern))
      count += group.count;
  return count;
}

json DeadLook::page(const DeadFilter& filter, std::size_t offset, std::size_t limit) const {
  json groups = json::array();
  for (const auto& [key, group] : groups_)
    groups.push_back({{"event", key.first},
                      {"error", key.second},
                      {"count", group.count},
                      {"first_ms", group.first_ms},
                      {"last_ms", group.last_ms},
                      {"example", group.example}});
  std::stable_sort(groups.begin(), groups.end(), [](const json& one, const json& other) {
    return one["count"].get<std::uint64_t>() > other["count"].get<std::uint64_t>();
  });
  json letters = json::array();
  std::size_t at = 0;
  for (const auto& letter : letters_) {
    const bool is_match = (filter.event.empty() || letter.event == filter.event) &&
                          (filter.pattern.empty() || letter.pattern == filter.pattern);
    if (!is_match || at++ < offset || letters.size() >= limit) continue;
    letters.push_back({{"id", letter.id},
                       {"event", letter.event},
                       {"queue", letter.queue},
                       {"attempts", letter.attempts},
                       {"failed_at_ms", letter.failed_at_ms},
                       {"error", letter.error}});
  }
  return {{"total", total_},
          {"groups", std::move(groups)},
          {"matching", matching(filter)},
          {"offset", offset},
          {"shown", letters.size()},
          {"kept", letters_.size()},
          {"letters", std::move(letters)}};
}

}  // namespace actiond::web
