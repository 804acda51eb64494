// quiet: a poller takes nothing new, until it is resumed; what runs goes on.
#include <memory>

#include "commands/command.hpp"
#include "commands/process/tell_fleet.hpp"

namespace actiond {
namespace {

const PollerWord kQuiet{"quiet", "quiet", "is quiet: what runs goes on, and nothing new starts"};

struct QuietFlags {
  std::string ids, host;
};

Result<int> quiet(const Common& common, const QuietFlags& flags) {
  if (flags.ids.empty() && flags.host.empty())
    return refuse({"which pollers? write --id 1, --id 1..8, or --host NAME"});
  const auto config = load(common);
  if (!config) return config.error();
  if (flags.host.empty()) return tell_pollers(common, *config, *parse_ids(flags.ids), kQuiet);
  return tell_fleet(common, *config, choice_of(flags.host, flags.ids), {{"command", "quiet"}},
                    kQuiet);
}

}  // namespace

void add_quiet(CLI::App& app, Common& common) {
  auto flags = std::make_shared<QuietFlags>();
  auto* verb =
      add_verb(app, common, "quiet", "let a poller start nothing new",
               "Example:  actiond quiet --id 1\n          actiond quiet --host box4\n"
               "Whoever takes the poller over is quiet as well, until actiond resume --id.",
               [&common, flags] { return quiet(common, *flags); });
  checked(verb->add_option("--id", flags->ids, "the pollers: 1, or 1..8, or 1,3"), parse_ids)
      ->type_name("N");
  add_host_option(*verb, flags->host);
  add_json_option(*verb, common);
}

}  // namespace actiond
