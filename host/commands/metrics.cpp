// metrics: what Prometheus reads, on standard output: for node_exporter's textfile collector, and
// for a look.
#include <fmt/format.h>

#include "commands/answers/picture.hpp"
#include "commands/command.hpp"
#include "statistics/exposition.hpp"
#include "statistics/retention.hpp"
#include "statistics/store.hpp"

namespace actiond {
namespace {

Result<int> metrics(const Common& common) {
  auto config = load(common);
  if (!config) return config.error();
  const auto reader = StatisticsReader::open(statistics_path(config->run_dir));
  if (!reader) return reader.error();
  auto totals = reader->counts(kTotals, 0);
  if (!totals) return totals.error();
  auto counters = reader->counters();
  if (!counters) return counters.error();
  auto picture = take_picture(*config, process_name());
  if (!picture) return picture.error();
  fmt::print("{}", exposition({std::move(*picture), std::move(*totals), std::move(*counters),
                               ACTION_VERSION}));
  return kDone;
}

}  // namespace

void add_metrics(CLI::App& app, Common& common) {
  add_verb(app, common, "metrics", "print metrics of the pollers for Prometheus",
           "Example:  actiond metrics > /var/lib/prometheus/node-exporter/actiond.prom.tmp",
           [&common] { return metrics(common); });
}

}  // namespace actiond
