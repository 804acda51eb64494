#include "answers/metrics_text.hpp"

#include <utility>

#include "statistics/exposition.hpp"
#include "statistics/retention.hpp"
#include "statistics/store.hpp"

namespace actiond {
namespace {

Result<void> read_statistics(const Config& config, MetricsSource& source) {
  const auto reader = StatisticsReader::open(statistics_path(config.run_dir));
  if (!reader) return reader.error();
  auto totals = reader->counts(kTotals, 0);
  if (!totals) return totals.error();
  auto counters = reader->counters();
  if (!counters) return counters.error();
  source.totals = std::move(*totals);
  source.counters = std::move(*counters);
  return {};
}

}  // namespace

// What pollers do now is known without the statistics, and alerts depend on it.
MetricsText metrics_text(const Config& config, nlohmann::json picture, const std::string& version) {
  MetricsSource source{std::move(picture), {}, {}, version, {}};
  if (const auto read = read_statistics(config, source); !read) source.problem = read.error().text;
  return {exposition(source), source.problem};
}

}  // namespace actiond
