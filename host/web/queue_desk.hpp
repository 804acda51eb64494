// What the page lets people do to queues, as the verbs pause and resume do it.
#pragma once

#include <nlohmann/json.hpp>

#include "base/config/config.hpp"
#include "web/request.hpp"

namespace actiond::web {

// {"queue": NAME, "reason": TEXT}, {"queue": NAME}. They return once the broker has it, which takes
// 5 s at most.
Response pause_queue_of(const Config& config, const nlohmann::json& wish, const std::string& asker);
Response resume_queue_of(const Config& config, const nlohmann::json& wish);

}  // namespace actiond::web
