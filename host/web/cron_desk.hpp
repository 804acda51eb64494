// What people see and do on the page of recurring events. Each blocks for as long as the broker
// takes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/config/config.hpp"
#include "web/request.hpp"

namespace actiond::web {

// As `cron list --json` prints it; without params where the page hides them.
Response show_cron(const Config& config);

// Of {"name"}.
Response run_cron(const Config& config, const nlohmann::json& wish);
Response set_cron_paused(const Config& config, const nlohmann::json& wish, bool is_paused);

}  // namespace actiond::web
