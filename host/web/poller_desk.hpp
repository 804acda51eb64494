// What the page lets people do to the pollers of this machine, as the verbs stop and rollback do
// it.
#pragma once

#include <nlohmann/json.hpp>

#include "base/config/config.hpp"
#include "web/request.hpp"

namespace actiond::web {

// {"id": N or null, "pid": N}: exactly the poller that was seen; 409 if it is no longer there.
// They return once the poller has been told, which takes 2 s at most.
Response stop_poller(const Config& config, const nlohmann::json& wish);
Response roll_back_poller(const Config& config, const nlohmann::json& wish);

}  // namespace actiond::web
