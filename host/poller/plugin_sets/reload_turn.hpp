// One poller of a run_dir reloads after the other: a hundred processes that all load at once would
// be slow, and so would be all that works beside them.
#pragma once

#include <filesystem>
#include <optional>

#include "base/fd.hpp"

namespace actiond {

// The turn, for as long as it is open. Nothing: it is another's. Where no turn can be held, nobody
// waits for one, and it is not open.
std::optional<UniqueFd> claim_turn(const std::filesystem::path& run_dir);

}  // namespace actiond
