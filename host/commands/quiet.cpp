// quiet: a poller takes nothing new, until it is resumed; what runs goes on.
#include <fmt/format.h>

#include <memory>

#include "answers/tell_poller.hpp"
#include "commands/command.hpp"

namespace actiond {
namespace {

Result<int> quiet(const Common& common, const std::string& ids) {
  const auto config = load(common);
  if (!config) return config.error();
  const auto parsed = parse_ids(ids);
  nlohmann::json told = nlohmann::json::array();
  int status = kDone;
  for (const int id : *parsed) {
    const auto answer = tell_poller(config->run_dir, id, {{"command", "quiet"}});
    if (!answer) {
      print_error(answer.error());
      status = kFailed;
    } else if (common.is_json) {
      told.push_back(id);
    } else {
      fmt::print("poller {} is quiet: what runs goes on, and nothing new starts\n", id);
    }
  }
  if (common.is_json) print_json({{"quiet", told}});
  return status;
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
