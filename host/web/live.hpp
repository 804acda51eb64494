// What the pages are told of the moment: from a view to the answers of the API. Pure.
#pragma once

#include <string>

#include "web/request.hpp"
#include "web/sources.hpp"

namespace actiond::web {

// As status --json has it; parts that were not seen yet are missing.
nlohmann::json status_json(const View& view);

// `what`: overview, status, health, running, plugins. 404 for anything else; 304 if the asker has
// it already.
Response live_response(const std::string& what, const Request& request, const Config& config,
                       const View& view, const Depths& depths, std::int64_t now_ms);

// Does the broker answer, and does a poller take events? 503 and the reason if not.
Response readiness(const View& view);

}  // namespace actiond::web
