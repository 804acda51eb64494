#include "client/rabbitmq/inequivalence.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace action {
namespace {

// What stands in the first quotes behind `mark`.
std::string_view quoted(std::string_view text, std::string_view mark) {
  const auto found = text.find(mark);
  if (found == std::string_view::npos) return {};
  text.remove_prefix(found + mark.size());
  text.remove_prefix(std::min(text.size(), text.find('\'')));
  if (!text.empty()) text.remove_prefix(1);
  return text.substr(0, text.find('\''));
}

}  // namespace

Inequivalence inequivalence_in(std::string_view text) {
  return {quoted(text, "inequivalent arg "), text.find("current is none") != std::string_view::npos,
          quoted(text, "current is ")};
}

bool does_no_harm(std::string_view argument) {
  for (std::string_view harmless :
       {"x-max-priority", "x-queue-mode", "x-queue-version", "x-queue-master-locator",
        "x-queue-leader-locator", "x-quorum-initial-group-size", "x-consumer-timeout"})
    if (argument == harmless) return true;
  return false;
}

bool is_reachable_limit(std::string_view current, int server_major) {
  std::int64_t limit = 0;
  std::from_chars(current.data(), current.data() + current.size(), limit);
  return limit < 0 ? server_major < 4 : limit < kNoDeliveryLimit;
}

}  // namespace action
