#include "poller/face/status.hpp"

#include "base/clock.hpp"

namespace actiond {
namespace {

template <typename T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

nlohmann::json in_hand_json(const Status& status) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& in_hand : status.in_hand) {
    list.push_back({{"event", in_hand.event},
                    {"id", in_hand.id},
                    {"queue", in_hand.queue},
                    {"attempt", in_hand.attempt},
                    {"for_ms", in_hand.for_ms}});
    if (!in_hand.params.empty()) list.back()["params"] = in_hand.params;
    if (!in_hand.trace_id.empty()) list.back()["trace_id"] = in_hand.trace_id;
  }
  return list;
}

nlohmann::json failures_json(const Status& status) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& failure : status.failures)
    list.push_back({{"event", failure.event},
                    {"id", failure.id},
                    {"queue", failure.queue},
                    {"attempt", failure.attempt},
                    {"error", failure.error},
                    {"at_ms", failure.at_ms},
                    {"at", format_rfc3339(failure.at_ms)}});
  return list;
}

nlohmann::json plugins_json(const Status& status) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& plugin : status.plugins.plugins)
    list.push_back({{"name", plugin.name},
                    {"version", plugin.version},
                    {"file", plugin.file},
                    {"hash", plugin.hash}});
  return list;
}

}  // namespace

nlohmann::json to_json(const Status& status) {
  nlohmann::json json{
      {"id", or_null(status.id)},
      {"pid", status.pid},
      {"state", status.state},
      {"problem", status.problem},
      {"in_hand", in_hand_json(status)},
      {"done", status.done},
      {"failed", status.failed},
      {"dead", status.dead},
      {"up_since_ms", status.up_since_ms},
      {"up_since", format_rfc3339(status.up_since_ms)},
      {"broker", or_null(status.broker)},
      {"application", status.application},
      {"queues", status.queues},
      {"queue_problems", status.queue_problems},
      {"concurrency", std::max(status.concurrency, status.concurrency_limit)},
      {"concurrency_min", status.concurrency},
      {"runners", status.runners},
      {"plugin_set", status.plugin_set},
      {"reload", {{"is_underway", status.is_reload_underway}, {"problem", status.reload_problem}}},
      {"plugins", plugins_json(status)},
      {"failures", failures_json(status)}};
  if (status.memory_kb > 0) json["memory_kb"] = status.memory_kb;
  if (!status.cron.empty()) json["cron"] = nlohmann::json::parse(status.cron, nullptr, false);
  return json;
}

}  // namespace actiond
