#include "answers/cluster_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace actiond {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr auto kRest = 30s;          // before pollers are stopped, after any change
constexpr double kLeastBusy = 0.25;  // pollers, to learn from
constexpr double kAllBusy = 0.9;     // of the pollers
constexpr double kMostPollers = 100'000;
constexpr double kHeadroom = 1.2;
constexpr double kOverload = 1.25;  // of max_load: then some are stopped

}  // namespace

void ClusterPolicy::remember(const ClusterLook& look) {
  busy_.emplace_back(look.at, look.busy);
  while (look.at - busy_.front().first > kRest) busy_.pop_front();
  if (last_) {
    const double elapsed = std::max(0.001, Seconds(look.at - last_->at).count());
    rate_ = static_cast<double>(look.done) / elapsed;
    const double grown = look.waiting && last_->waiting ? static_cast<double>(*look.waiting) -
                                                              static_cast<double>(*last_->waiting)
                                                        : 0;
    arriving_ = std::max(0.0, rate_ + grown / elapsed);
    learn(look, elapsed);
  }
  last_ = look;
}

// Of a while that began or ended idle nothing is learnt.
void ClusterPolicy::learn(const ClusterLook& look, double elapsed) {
  if (std::min(look.busy_known, last_->busy) < kLeastBusy || look.done_known == 0) return;
  const double seen =
      static_cast<double>(look.done_known) / elapsed / std::midpoint(look.busy_known, last_->busy);
  capacity_ = capacity_ ? std::midpoint(*capacity_, seen) : seen;
}

// So many as end what comes, and what waits in its time.
int ClusterPolicy::needed(const ClusterLook& look) const {
  const auto waiting = static_cast<double>(look.waiting.value_or(0));
  // Nothing has ended yet to learn from: what waits needs more only if nobody is there to take it.
  if (!capacity_) return look.busy < look.pollers * kAllBusy ? look.pollers : config_.max;
  const double wanted = arriving_ + waiting / Seconds(config_.drain_within).count();
  const double pollers = std::ceil(wanted / *capacity_);
  return static_cast<int>(std::clamp<double>(pollers, config_.min, kMostPollers));
}

std::string ClusterPolicy::need_of(const ClusterLook& look, int needed) const {
  const auto wait =
      fmt::format("{} {}", *look.waiting, *look.waiting == 1 ? "event waits" : "events wait");
  if (!capacity_) return wait + ", and all pollers are busy";
  return fmt::format(
      "{}, {:.0f} come and {:.0f} are done in a second: {} pollers would be through in {} s", wait,
      arriving_, rate_, needed, config_.drain_within / 1s);
}

ClusterStep ClusterPolicy::grow(const ClusterLook& look, int needed) const {
  const auto why = need_of(look, needed);
  if (look.load >= max_load_)
    return {
        0, fmt::format("{}, but the load is {:.1f}, of at most {:.1f}", why, look.load, max_load_)};
  if (!look.has_memory) return {0, why + ", but too little memory is free"};
  return {std::min(config_.step, std::min(needed, config_.max) - look.pollers), why};
}

ClusterStep ClusterPolicy::shrink(const ClusterLook& look) const {
  double busiest = 0;
  for (const auto& [at, busy] : busy_) busiest = std::max(busiest, busy);
  const int wanted = std::max(config_.min, static_cast<int>(std::ceil(busiest * kHeadroom)));
  const int spare = std::min(config_.step, look.pollers - wanted);
  if (spare <= 0 || look.waiting.value_or(1) > 0) return {0, "all is well"};
  return {-spare,
          fmt::format("nothing waits, and at most {:.1f} were busy for {} s", busiest, kRest / 1s)};
}

ClusterStep ClusterPolicy::step_of(const ClusterLook& look) const {
  if (look.pollers < config_.min)
    return {config_.min - look.pollers, fmt::format("fewer than min: {}", config_.min)};
  if (look.pollers > config_.max)
    return {config_.max - look.pollers, fmt::format("more than max: {}", config_.max)};
  if (!look.waiting) return {0, "the broker does not answer"};
  const int wanted = *look.waiting > 0 ? needed(look) : 0;
  if (wanted > look.pollers && look.pollers < config_.max) return grow(look, wanted);
  if (changed_at_ && look.at - *changed_at_ < kRest) return {0, "something was changed just now"};
  if (busy_.empty() || look.at - busy_.front().first < kRest - 5s)
    return {0, "it stops none before it has looked for 30 s"};
  if (look.load > max_load_ * kOverload && look.pollers > config_.min)
    return {-1, fmt::format("the load is {:.1f}, of at most {:.1f}", look.load, max_load_)};
  if (wanted > look.pollers)
    return {0, fmt::format("{}, but max is {}", need_of(look, wanted), config_.max)};
  return shrink(look);
}

ClusterStep ClusterPolicy::decide(const ClusterLook& look) {
  remember(look);
  auto step = step_of(look);
  if (step.change != 0) changed_at_ = look.at;
  return step;
}

}  // namespace actiond
