// metrics: what Prometheus reads, on standard output: for node_exporter's textfile collector, and
// for a look.
#include <fmt/format.h>

#include "answers/metrics_text.hpp"
#include "answers/picture.hpp"
#include "commands/command.hpp"

namespace actiond {
namespace {

Result<int> metrics(const Common& common) {
  auto config = load(common);
  if (!config) return config.error();
  auto picture = take_picture(*config, process_name());
  if (!picture) return picture.error();
  const auto text = metrics_text(*config, std::move(*picture), ACTION_VERSION);
  fmt::print("{}", text.text);
  if (!text.problem.empty()) print_error({"the counters are missing: " + text.problem});
  return kDone;
}

}  // namespace

void add_metrics(CLI::App& app, Common& common) {
  add_verb(app, common, "metrics", "print metrics of the pollers for Prometheus",
           "Example:  actiond metrics > /var/lib/prometheus/node-exporter/actiond.prom.tmp",
           [&common] { return metrics(common); });
}

}  // namespace actiond
