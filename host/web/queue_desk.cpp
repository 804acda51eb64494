#include "web/queue_desk.hpp"

#include <fmt/format.h>

#include "answers/queue_choice.hpp"
#include "base/clock.hpp"
#include "base/json_parts.hpp"
#include "base/text.hpp"
#include "broker/pauses.hpp"
#include "web/response_text.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPausingTime{5};
constexpr std::size_t kMostReason = 500;
constexpr char kPausingName[] = "actiond web";

}  // namespace

Response pause_queue_of(const Config& config, const json& wish, const std::string& asker) {
  const auto queue = text_in(wish, "queue");
  if (auto known = check_queue(config, queue); !known) return json_error(400, known.error().text);
  const std::string reason(utf8_prefix(text_in(wish, "reason"), kMostReason));
  const Pause pause{asker, wall_now_ms(), reason};
  const auto paused = pause_queues(config, kPausingName, {queue}, pause, kPausingTime);
  if (!paused) return json_error(503, paused.error().text);
  auto response = json_response(dump({{"paused", json::array({queue})}}));
  response.note = fmt::format("pause of the queue {}", queue);
  return response;
}

Response resume_queue_of(const Config& config, const json& wish) {
  const auto queue = text_in(wish, "queue");
  if (auto known = check_queue(config, queue); !known) return json_error(400, known.error().text);
  const auto resumed = resume_queues(config, kPausingName, {queue}, kPausingTime);
  if (!resumed) return json_error(503, resumed.error().text);
  auto response = json_response(dump({{"resumed", *resumed}}));
  response.note = fmt::format("resume of the queue {}", queue);
  return response;
}

}  // namespace actiond::web
