#include "answers/queue_choice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "base/text.hpp"

namespace actiond {

Result<void> check_queue(const Config& config, const std::string& queue) {
  if (std::find(config.queues.begin(), config.queues.end(), queue) != config.queues.end())
    return {};
  const auto near = nearest(queue, config.queues);
  return Error{fmt::format("unknown queue {}: {}the configuration names {}", in_quotes(queue),
                           near.empty() ? "" : fmt::format("did you mean '{}'? ", near),
                           fmt::join(config.queues, ", "))};
}

Result<std::string> choose_queue(const Config& config, const std::string& event,
                                 const std::string& asked) {
  std::string queue = config.default_queue;
  if (const auto found = config.events.find(event);
      found != config.events.end() && found->second.queue)
    queue = *found->second.queue;
  if (!asked.empty()) queue = asked;
  if (auto known = check_queue(config, queue); !known) return known.error();
  return queue;
}

Result<std::string> choose_origin(const Config& config, const std::string& event,
                                  const std::string& origin) {
  const bool is_there =
      std::find(config.queues.begin(), config.queues.end(), origin) != config.queues.end();
  return choose_queue(config, event, is_there ? origin : "");
}

}  // namespace actiond
