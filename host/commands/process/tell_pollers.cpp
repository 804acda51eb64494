#include "commands/process/tell_pollers.hpp"

#include <fmt/format.h>

#include "answers/tell_poller.hpp"

namespace actiond {

int tell_pollers(const Common& common, const Config& config, const std::vector<int>& ids,
                 const PollerWord& word) {
  nlohmann::json told = nlohmann::json::array();
  int status = kDone;
  for (const int id : ids) {
    const auto answer = tell_poller(config.run_dir, id, {{"command", word.command}});
    if (!answer) {
      print_error(answer.error());
      status = kFailed;
    } else if (common.is_json) {
      told.push_back(id);
    } else {
      fmt::print("poller {} {}\n", id, word.outcome);
    }
  }
  if (common.is_json) print_json({{word.told, told}});
  return status;
}

}  // namespace actiond
