// Is all well with the pollers of this machine? One sentence, for HEALTHCHECK and probes.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace actiond {

struct Health {
  bool is_well = false;
  std::string sentence;
};

// `pollers` as ask_pollers has them. Well is: the poller `id`, or without one each that runs and is
// not about to leave, and at least one, takes events.
Health judge_health(const nlohmann::json& pollers, std::optional<int> id);

}  // namespace actiond
