// What the pollers of this machine say of themselves.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/result.hpp"

namespace actiond {

// An array, by id: what each poller of that run_dir answers to "status". One that does not answer,
// or is gone without a word, has a "state" that says so and a "problem". Blocks for seconds at
// most. Fails if the directory can't be read.
Result<nlohmann::json> ask_pollers(const std::filesystem::path& run_dir);

}  // namespace actiond
