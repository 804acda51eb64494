// What the page lets people do to the pollers of this machine, as the verbs stop, rollback, quiet
// and resume do it; and who is there on all machines.
#pragma once

#include <nlohmann/json.hpp>

#include "base/config/config.hpp"
#include "web/request.hpp"

namespace actiond::web {

// Takes the params of what they have in hand out of their status.
void hide_params(nlohmann::json& pollers);

// {"id": N or null, "pid": N}: exactly the poller that was seen; 409 if it is no longer there.
// They return once the poller has been told, which takes 2 s at most.
Response stop_poller(const Config& config, const nlohmann::json& wish);
Response roll_back_poller(const Config& config, const nlohmann::json& wish);
Response quiet_poller(const Config& config, const nlohmann::json& wish, bool is_quiet);

// {"pollers", "fleet"} as `status --host all --json` prints them, asked over the broker, which
// takes 2 s if one does not answer; {"problem"} where that can't be.
Response show_fleet(const Config& config);

}  // namespace actiond::web
