#include "web/poller_desk.hpp"

#include <fmt/format.h>

#include "answers/fleet_asker.hpp"
#include "answers/local_pollers.hpp"
#include "answers/picture.hpp"
#include "base/json_parts.hpp"
#include "poller/face/control_socket.hpp"
#include "web/response_text.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kTellTime = 2s;

Response tell(const Config& config, const json& wish, const json& command,
              const std::string& deed) {
  const auto pid = number_in(wish, "pid");
  if (pid <= 0) return json_error(400, "say which poller: {\"id\": 1, \"pid\": 4711}");
  const auto found = find_pollers(config.run_dir);
  if (!found) return json_error(503, found.error().text);
  for (const auto& socket : found->sockets) {
    if (socket.pid != pid || json(socket.id.value_or(0)) != json(number_in(wish, "id"))) continue;
    const auto name = poller_name(socket.id, socket.pid);
    const auto answer = ask_poller(socket.path, command, kTellTime);
    const auto problem = answer ? text_in(*answer, "error") : answer.error().text;
    auto response = problem.empty() ? json_response(dump(*answer))
                                    : json_error(409, fmt::format("{}: {}", name, problem));
    response.note = fmt::format("{} {}: {}", deed, name, problem.empty() ? "told" : problem);
    return response;
  }
  return json_error(
      409, fmt::format("the poller with pid {} is no longer there; nothing was done", pid));
}

}  // namespace

void hide_params(json& pollers) {
  for (auto& poller : pollers)
    if (poller.is_object() && poller.contains("in_hand"))
      for (auto& run : poller["in_hand"])
        if (run.is_object()) run.erase("params");
}

Response stop_poller(const Config& config, const json& wish) {
  return tell(
      config, wish,
      {{"command", "stop"}, {"timeout_ms", config.shutdown_timeout.count()}, {"now", false}},
      "stop");
}

Response roll_back_poller(const Config& config, const json& wish) {
  return tell(config, wish, {{"command", "rollback"}}, "rollback of");
}

Response quiet_poller(const Config& config, const json& wish, bool is_quiet) {
  return tell(config, wish, {{"command", is_quiet ? "quiet" : "resume"}},
              is_quiet ? "quiet of" : "resume of");
}

Response show_fleet(const Config& config) {
  auto fleet = ask_fleet(config, "actiond web", kToAll, asker_name());
  if (!fleet) return json_response(dump({{"problem", fleet.error().text}}));
  if (!config.web.are_params_shown) hide_params((*fleet)["pollers"]);
  return json_response(dump(*fleet));
}

}  // namespace actiond::web
