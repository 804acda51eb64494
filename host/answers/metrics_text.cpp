#include "answers/metrics_text.hpp"

#include <utility>

#include "statistics/exposition.hpp"
#include "statistics/retention.hpp"
#include "statistics/store.hpp"

namespace actiond {

Result<std::string> metrics_text(const Config& config, nlohmann::json picture,
                                 const std::string& version) {
  const auto reader = StatisticsReader::open(statistics_path(config.run_dir));
  if (!reader) return reader.error();
  auto totals = reader->counts(kTotals, 0);
  if (!totals) return totals.error();
  auto counters = reader->counters();
  if (!counters) return counters.error();
  return exposition({std::move(picture), std::move(*totals), std::move(*counters), version});
}

}  // namespace actiond
