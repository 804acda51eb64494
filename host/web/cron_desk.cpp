#include "web/cron_desk.hpp"

#include <fmt/format.h>

#include "answers/fleet_asker.hpp"
#include "answers/recurring.hpp"
#include "base/json_parts.hpp"
#include "web/response_text.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

CronAsker asker() {
  return {"actiond web", asker_name()};
}

// The entry, or why there is none.
std::optional<Response> refuse(const Config& config, const std::string& name) {
  const auto entry = find_cron_entry(config, name);
  if (entry) return std::nullopt;
  return json_error(400, entry.error().text);
}

}  // namespace

Response show_cron(const Config& config) {
  auto list = list_cron(config, asker());
  if (!list) return json_error(503, list.error().text);
  if (!config.web.are_params_shown)
    for (auto& entry : (*list)["entries"]) entry.erase("params");
  return json_response(dump(*list));
}

Response run_cron(const Config& config, const json& wish) {
  const auto name = text_in(wish, "name");
  if (auto refused = refuse(config, name)) return std::move(*refused);
  const auto id = queue_cron_now(config, name, asker());
  if (!id) return json_error(503, id.error().text);
  auto response = json_response(dump({{"id", *id}}));
  response.note = fmt::format("{} of cron is queued now, id={}", name, *id);
  return response;
}

Response set_cron_paused(const Config& config, const json& wish, bool is_paused) {
  const auto name = text_in(wish, "name");
  if (auto refused = refuse(config, name)) return std::move(*refused);
  if (auto set = pause_cron(config, name, is_paused, asker()); !set)
    return json_error(503, set.error().text);
  auto response = json_response(dump({{"name", name}, {"paused", is_paused}}));
  response.note = fmt::format("{} of {} of cron", is_paused ? "pause" : "resume", name);
  return response;
}

}  // namespace actiond::web
