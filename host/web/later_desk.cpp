#include "web/later_desk.hpp"

#include <fmt/format.h>

#include "base/json_parts.hpp"
#include "base/text.hpp"
#include "broker/later.hpp"
#include "web/response_text.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kLaterTime{5};
constexpr char kLaterName[] = "actiond web";

json later_row(const LaterEvent& event, bool are_params_shown) {
  json row{{"event", event.event},
           {"id", event.name.id},
           {"queue", event.name.queue},
           {"attempt", event.attempt},
           {"due_ms", event.name.due_ms}};
  if (are_params_shown) row["params"] = event.params;
  return row;
}

}  // namespace

Response show_later(const Config& config) {
  const auto look = look_at_later(config, kLaterName, kLaterTime);
  if (!look) return json_response(dump({{"problem", look.error().text}}));
  json rows = json::array();
  for (const auto& event : look->next)
    rows.push_back(later_row(event, config.web.are_params_shown));
  return json_response(dump({{"later", std::move(rows)}, {"total", look->total}}));
}

Response run_later(const Config& config, const json& wish) {
  const LaterName which{text_in(wish, "queue"), text_in(wish, "id"), number_in(wish, "due_ms")};
  if (which.queue.empty() || which.id.empty() || which.due_ms <= 0)
    return json_error(400, "say which event: {\"queue\": ..., \"id\": ..., \"due_ms\": ...}");
  const auto is_due = make_due_now(config, kLaterName, which, kLaterTime);
  if (!is_due) return json_error(503, is_due.error().text);
  if (!*is_due)
    return json_error(409, "it does not wait for that time any more: look again; nothing was done");
  auto response = json_response(dump({{"id", which.id}}));
  response.note = fmt::format("the event id={} of the queue {} is due now", in_quotes(which.id),
                              in_quotes(which.queue));
  return response;
}

}  // namespace actiond::web
