#include "statistics/recorder.hpp"

#include "base/clock.hpp"
#include "statistics/store.hpp"

namespace actiond {
namespace {

constexpr std::chrono::milliseconds kLastWrite{1000};

}  // namespace

Recorder::Recorder(const Config& config, std::string poller)
    : is_on_(config.statistics.has_value()),
      poller_(std::move(poller)),
      last_ms_(wall_now_ms()),
      writer_(statistics_path(config.run_dir), config.statistics.value_or(StatisticsConfig{})) {}

void Recorder::mark(Mark mark) {
  if (!is_on_) return;
  mark.poller = poller_;
  add_mark(marks_, std::move(mark));
}

// Counted as of the middle of the time that has passed: a minute's events are at most 5 s off.
void Recorder::hand_on(std::int64_t now_ms) {
  const auto middle_ms = last_ms_ + (now_ms - last_ms_) / 2;
  last_ms_ = now_ms;
  if (!counts_.is_changed() && marks_.empty() && reconnects_ == 0) return writer_.try_again();
  Delta delta;
  counts_.take(middle_ms / 60'000, delta);
  delta.marks = std::exchange(marks_, {});
  delta.reconnects = std::exchange(reconnects_, 0);
  writer_.write(std::move(delta));
}

std::vector<std::string> Recorder::tick(std::int64_t now_ms) {
  hand_on(now_ms);
  return writer_.take_news();
}

std::vector<std::string> Recorder::leave(std::int64_t now_ms) {
  hand_on(now_ms);
  writer_.finish(kLastWrite);
  return writer_.take_news();
}

}  // namespace actiond
