#include "web/sources.hpp"
#include "web/times.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "answers/picture.hpp"
#include "answers/poller_answers.hpp"
#include "statistics/retention.hpp"
#include "statistics/store.hpp"
#include "web/rate.hpp"

namespace actiond::web {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto kLiveAge = 1s;
constexpr auto kStatisticsAge = 5s;  // pollers write every 10

bool is_dead(OutcomeLabel label) {
  return label == OutcomeLabel::Dead || label == OutcomeLabel::Discarded;
}

void add_queue_counts(const std::vector<CountRow>& rows, StatisticsView& view) {
  const auto span = view.hour.until_ms - view.hour.since_ms;
  for (const auto& row : rows) {
    auto& queue = view.queues[row.queue];
    const auto share = std::clamp<std::int64_t>(row.at_s * 1000 - view.hour.since_ms, 0, span - 1);
    queue.series[static_cast<std::size_t>(share * std::int64_t{kReportBins} / span)] +=
        row.cell.count;
    queue.events += row.cell.count;
    queue.wait.add(row.cell.wait);
    if (!is_dead(row.outcome) || row.cell.count == 0) continue;
    const auto [found, is_new] = view.dead_since_ms.emplace(row.event, row.at_s * 1000);
    if (!is_new) found->second = std::min(found->second, row.at_s * 1000);
  }
}

Result<void> read_day(const StatisticsReader& reader, std::int64_t now_ms, StatisticsView& view) {
  const auto since_s = (now_ms - 24 * kHour_ms) / 1000;
  const auto rows = reader.counts(kHours, since_s);
  if (!rows) return rows.error();
  for (const auto& event : make_report(*rows, {}, since_s * 1000, now_ms, "").events) {
    view.day_events += event.figures.all();
    view.day_failed += failed_of(event.figures);
  }
  return {};
}

// The hour that ends with this minute: so its figures stay the same where nothing happens.
Result<StatisticsView> read_statistics(const Config& config, std::int64_t now_ms) {
  StatisticsView view;
  if (!config.statistics) {
    view.problem = "none are kept: the configuration says statistics: none";
    return view;
  }
  const auto until_ms = (now_ms / kMinute_ms + 1) * kMinute_ms;
  const auto since_ms = until_ms - kHour_ms;
  const auto reader = StatisticsReader::open(statistics_path(config.run_dir));
  if (!reader) return reader.error();
  const auto rows = reader->counts(kMinutes, since_ms / 1000);
  if (!rows) return rows.error();
  auto marks = reader->marks(since_ms, 200);
  if (!marks) return marks.error();
  view.hour = make_report(*rows, std::move(*marks), since_ms, until_ms, "");
  add_queue_counts(*rows, view);
  if (auto read = read_day(*reader, now_ms, view); !read) return read.error();
  return view;
}

BrokerView look_at_broker_now(const Config& config, Depths& depths) {
  BrokerView view{look_at_queues(config, "actiond web")};
  if (view.queues.contains("queues")) depths.note(view.queues["queues"], wall_now_ms());
  return view;
}

PollersView look_at_pollers(const Config& config, Rate& rate) {
  PollersView view;
  auto pollers = ask_pollers(config.run_dir);
  if (pollers)
    view.pollers = std::move(*pollers);
  else
    view.problem = pollers.error().text;
  view.done_a_second = rate.add(view.pollers, wall_now_ms());
  return view;
}

StatisticsView look_at_statistics(const Config& config) {
  auto view = read_statistics(config, wall_now_ms());
  if (view) return std::move(*view);
  StatisticsView broken;
  broken.problem = view.error().text;
  return broken;
}

}  // namespace

std::uint64_t failed_of(const Figures& figures) {
  std::uint64_t failed = 0;
  for (const auto label : {OutcomeLabel::Failed, OutcomeLabel::Dead, OutcomeLabel::Discarded,
                           OutcomeLabel::Crashed, OutcomeLabel::TimedOut})
    failed += figures.of(label);
  return failed;
}

Sources::Sources(const Config& config)
    : depths_(std::make_shared<Depths>()),
      broker_([&config, depths = depths_] { return look_at_broker_now(config, *depths); }),
      pollers_(
          [&config, rate = std::make_shared<Rate>()] { return look_at_pollers(config, *rate); }),
      statistics_([&config] { return look_at_statistics(config); }) {}

void Sources::refresh(std::function<void()> done) {
  auto missing = std::make_shared<std::atomic<int>>(3);
  const auto one_more = [missing, done = std::move(done)] {
    if (missing->fetch_sub(1) == 1) done();
  };
  broker_.refresh(kLiveAge, one_more);
  pollers_.refresh(kLiveAge, one_more);
  statistics_.refresh(kStatisticsAge, one_more);
}

View Sources::view() const {
  return {broker_.last(), pollers_.last(), statistics_.last()};
}

}  // namespace actiond::web
