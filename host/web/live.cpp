#include "web/live.hpp"

#include <fmt/format.h>

#include <functional>

#include "answers/health_check.hpp"
#include "base/json_parts.hpp"
#include "web/overview.hpp"
#include "web/poller_desk.hpp"
#include "web/response_text.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;

json health_json(const View& view) {
  const auto pollers = view.pollers ? view.pollers->pollers : json::array();
  const auto health = judge_health(pollers, std::nullopt);
  return {{"is_well", health.is_well}, {"sentence", health.sentence}, {"pollers", pollers}};
}

Response tagged(const Request& request, const json& body) {
  auto response = json_response(dump(body));
  const auto tag = fmt::format("\"{:016x}\"", std::hash<std::string>{}(response.body));
  response.headers = {{"ETag", tag}, {"Cache-Control", "no-cache"}};
  if (request.if_none_match == tag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

}  // namespace

json status_json(const View& view) {
  json status = view.broker ? view.broker->queues : json::object();
  if (view.pollers) status["pollers"] = view.pollers->pollers;
  return status;
}

Response live_response(const std::string& what, const Request& request, const Config& config,
                       const View& view, const Depths& depths, std::int64_t now_ms) {
  if (what == "overview") return tagged(request, overview_json(config, view, depths, now_ms));
  if (what == "running") return tagged(request, running_json(config, view, now_ms));
  if (what == "plugins") return tagged(request, plugins_json(view));
  if (what == "status" || what == "health") {
    auto answer = what == "status" ? status_json(view) : health_json(view);
    if (!config.web.are_params_shown && answer.contains("pollers")) hide_params(answer["pollers"]);
    return tagged(request, answer);
  }
  return json_error(404, "there is nothing of that name");
}

Response readiness(const View& view) {
  Response response;
  const auto refuse = [&](const std::string& why) {
    response.status = 503;
    response.body = why + "\n";
    return response;
  };
  if (!view.broker || !view.pollers) return refuse("nothing is known yet");
  const auto broker = view.broker->queues.value("broker", json());
  if (const auto error = text_in(broker, "error"); !error.empty())
    return refuse("the broker does not answer: " + error);
  if (!view.pollers->problem.empty()) return refuse(view.pollers->problem);
  for (const auto& poller : view.pollers->pollers)
    if (const auto state = text_in(poller, "state"); state == "working" || state == "idle") {
      response.body = "ready\n";
      return response;
    }
  return refuse("no poller takes events");
}

}  // namespace actiond::web
