// What people see and do on the page of events that wait for their time. Each blocks for as long as
// the broker takes.
#pragma once

#include <nlohmann/json.hpp>

#include "base/config/config.hpp"
#include "web/request.hpp"

namespace actiond::web {

// {"later": the next ones, "total"}; {"problem"} where the broker can't tell.
Response show_later(const Config& config);

// Of {"queue", "id", "due_ms"}: exactly the one that was seen; 409 if it waits for that time no
// more.
Response run_later(const Config& config, const nlohmann::json& wish);

}  // namespace actiond::web
