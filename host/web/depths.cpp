#include "web/depths.hpp"

#include "web/times.hpp"

namespace actiond::web {
void Depths::note(const nlohmann::json& queues, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const auto minute = now_ms / kMinute_ms;
  const auto at = static_cast<std::size_t>(minute) % kDepthMinutes;
  for (const auto& queue : queues) {
    if (!queue.contains("ready") || !queue["ready"].is_number()) continue;
    auto& minutes = queues_[queue.value("name", "")];
    minutes.minute[at] = minute;
    minutes.depth[at] = queue["ready"].get<std::uint64_t>();
  }
}

nlohmann::json Depths::of_queue(const std::string& queue, std::int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  const auto found = queues_.find(queue);
  auto series = nlohmann::json::array();
  const auto now = now_ms / kMinute_ms;
  for (auto minute = now - static_cast<std::int64_t>(kDepthMinutes) + 1; minute <= now; ++minute) {
    const auto at = static_cast<std::size_t>(minute) % kDepthMinutes;
    const bool is_known = found != queues_.end() && found->second.minute[at] == minute;
    series.push_back(is_known ? nlohmann::json(found->second.depth[at]) : nlohmann::json());
  }
  return series;
}

}  // namespace actiond::web
