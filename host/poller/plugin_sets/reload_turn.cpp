#include "poller/plugin_sets/reload_turn.hpp"

#include "base/files.hpp"

namespace actiond {

std::optional<UniqueFd> claim_turn(const std::filesystem::path& run_dir) {
  UniqueFd turn = open_lock(run_dir / "reload.lock");
  if (turn && !try_to_lock(turn)) return std::nullopt;
  return turn;
}

}  // namespace actiond
