// health: exit status 0 or 1, and one sentence, for HEALTHCHECK and exec probes. It asks the
// pollers, not the broker.
#include <fmt/format.h>

#include <memory>

#include "answers/health_check.hpp"
#include "answers/poller_answers.hpp"
#include "commands/command.hpp"
#include "commands/terminal/table.hpp"

namespace actiond {
namespace {

Result<int> health(const Common& common, std::optional<int> id) {
  auto config = load(common);
  if (!config) return config.error();
  const auto pollers = ask_pollers(config->run_dir);
  if (!pollers) return pollers.error();
  const auto health = judge_health(*pollers, id);
  if (common.is_json)
    print_json({{"is_well", health.is_well}, {"sentence", health.sentence}, {"pollers", *pollers}});
  else
    fmt::print("{}\n", printable(health.sentence));
  return health.is_well ? kDone : kFailed;
}

}  // namespace

void add_health(CLI::App& app, Common& common) {
  auto id = std::make_shared<std::optional<int>>();
  auto* verb =
      add_verb(app, common, "health", "say whether the pollers take events (exit status 0 or 1)",
               "Example:  actiond health\n          actiond health --id 1 --json",
               [&common, id] { return health(common, *id); });
  in_range(verb->add_option("--id", *id, "only this poller"), 1, 999'999)->type_name("N");
  add_json_option(*verb, common);
}

}  // namespace actiond
