// quiet: a poller takes nothing new, until it is resumed; what runs goes on.
#include <memory>

#include "commands/command.hpp"
#include "commands/process/tell_pollers.hpp"

namespace actiond {
namespace {

Result<int> quiet(const Common& common, const std::string& ids) {
  const auto config = load(common);
  if (!config) return config.error();
  return tell_pollers(common, *config, *parse_ids(ids),
                      {"quiet", "quiet", "is quiet: what runs goes on, and nothing new starts"});
}

}  // namespace

void add_quiet(CLI::App& app, Common& common) {
  auto ids = std::make_shared<std::string>();
  auto* verb =
      add_verb(app, common, "quiet", "let a poller start nothing new",
               "Example:  actiond quiet --id 1\n"
               "Whoever takes the poller over is quiet as well, until actiond resume --id.",
               [&common, ids] { return quiet(common, *ids); });
  checked(verb->add_option("--id", *ids, "the pollers: 1, or 1..8, or 1,3"), parse_ids)
      ->required()
      ->type_name("N");
  add_json_option(*verb, common);
}

}  // namespace actiond
