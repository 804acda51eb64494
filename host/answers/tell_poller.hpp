// A command to one poller of this machine, by its control socket.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/result.hpp"

namespace actiond {

// Returns what it answers. Fails if no such poller runs, if it does not answer within two seconds,
// or with what it says against it.
Result<nlohmann::json> tell_poller(const std::filesystem::path& run_dir, int id,
                                   const nlohmann::json& command);

}  // namespace actiond
