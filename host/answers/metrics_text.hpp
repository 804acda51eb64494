// What Prometheus reads, for `metrics` and the page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

// `picture` as take_picture has it, `version` of actiond. Fails if the statistics can't be read.
Result<std::string> metrics_text(const Config& config, nlohmann::json picture,
                                 const std::string& version);

}  // namespace actiond
