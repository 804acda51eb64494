// What Prometheus reads, for `metrics` and the page.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/config/config.hpp"

namespace actiond {

struct MetricsText {
  std::string text;
  std::string problem;  // why the statistics can't be read: the counters are missing then
};

// `picture` as take_picture has it, `version` of actiond.
MetricsText metrics_text(const Config& config, nlohmann::json picture, const std::string& version);

}  // namespace actiond
