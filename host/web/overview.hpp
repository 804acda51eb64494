// What the front page shows, small enough to be asked for every two seconds. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/config/config.hpp"
#include "web/sources.hpp"

namespace actiond::web {

// Times are absolute, so that nothing changes where nothing happens.
nlohmann::json overview_json(const Config& config, const View& view, const Depths& depths,
                             std::int64_t now_ms);

// Every event in hand, longest first: {"running": [...]}, each with its poller and since when.
nlohmann::json running_json(const Config& config, const View& view, std::int64_t now_ms);

// Which plugin sets run where, of which files, since when, and what was refused.
nlohmann::json plugins_json(const View& view);

}  // namespace actiond::web
