// stats: what pollers counted, from run_dir/statistics.db. Neither pollers nor broker are asked.
#include <fmt/format.h>

#include <memory>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "commands/command.hpp"
#include "commands/terminal/stats_text.hpp"
#include "statistics/report.hpp"

namespace actiond {
namespace {

struct StatsFlags {
  std::string event;
  std::string since = "1h";
};

Result<std::chrono::milliseconds> parse_since(const std::string& text) {
  auto since = parse_duration(text);
  if (!since || since->count() > 0) return since;
  return Error{fmt::format("{} is no time: write 1h", in_quotes(text))};
}

Result<int> stats(const Common& common, const StatsFlags& flags) {
  auto config = load(common);
  if (!config) return config.error();
  if (!config->statistics) return Error{"none are kept: the configuration says statistics: none"};
  const auto report = read_report(*config, *parse_since(flags.since), wall_now_ms(), flags.event);
  if (!report) return report.error();
  if (common.is_json)
    print_json(report_json(*report));
  else
    fmt::print("{}", stats_text(*report, !flags.event.empty()));
  return kDone;
}

}  // namespace

void add_stats(CLI::App& app, Common& common) {
  auto flags = std::make_shared<StatsFlags>();
  auto* verb = add_verb(app, common, "stats", "show how events ended, and how long they took",
                        "Example:  actiond stats\n          actiond stats send_email --since 7d",
                        [&common, flags] { return stats(common, *flags); });
  verb->add_option("event", flags->event, "only this event")->type_name("EVENT");
  checked(verb->add_option("--since", flags->since, "count events of the last TIME (1h)"),
          parse_since)
      ->type_name("TIME");
  add_json_option(*verb, common);
}

}  // namespace actiond
