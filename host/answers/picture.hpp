// The whole as it is now: the pollers of this machine, asked by their control sockets, and the
// broker's queues. What `status` shows, `metrics` and `health` build on.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/config/config.hpp"
#include "base/result.hpp"

namespace actiond {

// The members "broker" and "queues" of it; blocks for seconds at most.
nlohmann::json look_at_queues(const Config& config, const std::string& name);

// What status --json prints. `name` tells the broker's operator who looks. It changes nothing, and
// tells what it can if part of the whole is down. Blocks for seconds at most. Fails if run_dir
// can't be read.
Result<nlohmann::json> take_picture(const Config& config, const std::string& name);

// The same with the pollers of another machine, or of all, asked over the broker, and "fleet": who
// answered. `asker` is who asks, for the pollers' logs.
Result<nlohmann::json> take_fleet_picture(const Config& config, const std::string& name,
                                          const std::string& host, const std::string& asker);

// "pollers" and "fleet" of it alone.
Result<nlohmann::json> ask_fleet(const Config& config, const std::string& name,
                                 const std::string& host, const std::string& asker);

}  // namespace actiond
