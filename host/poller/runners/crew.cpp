#include "poller/runners/crew.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "poller/runners/process_look.hpp"
#include "poller/runners/run_limits.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 25ms;  // while something runs
constexpr auto kLookAtIdle = 5s;

bool is_running(const RunnerSlot& slot) {
  const auto& progress = slot.process().progress();
  return progress.begun() != progress.ended();
}

// With other runners beside it, nothing is to wait behind its run in hand.
bool is_slow(const Station& station, MonotonicTime now) {
  const auto& slot = station.slot();
  return slot.is_alive() &&
         (station.is_stuck() ||
          (is_running(slot) && slot.process().progress().run_time(now) > kSlowRun));
}

void keep_limits(std::deque<Station>& stations, const Tick& tick) {
  for (auto& station : stations) {
    station.tick(tick);
    if (stations.size() > 1 && !station.slot().pipe().empty() && is_slow(station, tick.now))
      station.slot().recall();
  }
}

bool is_owing(const Station& station) {
  return station.slot().is_alive() && station.slot().owes();
}

}  // namespace

Crew::Crew(boost::asio::io_context& io, Clock& clock, const Config& config, Log& log,
           RunListener& listener, CrewEvents events, RunnerSlot::Spawn spawn)
    : commons_{io, clock, config, log, listener, std::move(events), std::move(spawn)},
      staffing_({config.concurrency, config.most_runners()}),
      tick_timer_(clock.timer()),
      idle_timer_(clock.timer()) {
  commons_.events.on_ready =
      [this, on_ready = std::move(commons_.events.on_ready)](const LoadReport& report) {
        commons_.has_been_ready |= ready() == size();
        on_ready(report);
      };
}

Crew::~Crew() {
  for (auto& station : stations_) station.slot().abandon();
}

void Crew::load(std::string setup, std::shared_ptr<const void> plugins) {
  commons_.setup = std::move(setup);
  commons_.plugins = std::move(plugins);
}

void Crew::start() {
  for (int i = 0; i < commons_.config.concurrency && !commons_.is_retired; ++i)
    stations_.emplace_back(commons_).start();
}

void Crew::replace_all() {
  for (auto& station : stations_) station.replace();
}

void Crew::arm() {
  for (auto& station : stations_) station.arm();
}

void Crew::receive() {
  for (auto& station : stations_) station.receive();
  while (size() > range().least && stations_.back().is_vacant()) stations_.pop_back();
}

void Crew::flush() {
  for (auto& station : stations_) station.flush();
}

void Crew::arm_tick() {
  // Runs have limits, loading has, and what waits for a runner that is not there must go back.
  const bool is_any_owing = std::any_of(stations_.begin(), stations_.end(), is_owing);
  if (is_tick_armed_ || (!is_any_busy() && ready() == size() && !is_any_owing)) return;
  is_tick_armed_ = true;
  tick_timer_->set(kTick, [this, armed_at = commons_.clock.now()] {
    is_tick_armed_ = false;
    const auto now = commons_.clock.now();
    keep_limits(stations_, {now, std::min<std::chrono::nanoseconds>(now - armed_at, kMostOfATick)});
    commons_.listener.on_tick(now);
  });
}

RunnerSlot* Crew::freest(std::size_t depth) {
  RunnerSlot* freest = nullptr;
  const bool is_alone = stations_.size() == 1;
  const auto now = is_alone ? MonotonicTime() : commons_.clock.now();
  for (auto& station : stations_) {
    auto& slot = station.slot();
    const std::size_t most = std::min(depth, runs_left(slot, commons_.config.recycle));
    if (slot.is_ready() && slot.pipe().size() < most &&
        (freest == nullptr || slot.pipe().size() < freest->pipe().size()) && !station.is_stuck() &&
        (is_alone || !is_slow(station, now)))
      freest = &slot;
  }
  return freest;
}

void Crew::recall(std::optional<QueueIndex> lower_than) {
  for (auto& station : stations_)
    if (!lower_than || station.slot().pipe().holds_lower_than(*lower_than)) station.slot().recall();
}

void Crew::for_each_in_hand(const std::function<void(Delivery& delivery)>& visit) {
  for (auto& station : stations_) station.slot().pipe().for_each(visit);
}

void Crew::feel(bool is_any_waiting) {
  if (commons_.is_retired) return;
  const bool are_all_busy = ready() == size() && !is_any_idle();
  if (!staffing_.wants_more(commons_.clock.now(), size(), are_all_busy, is_any_waiting)) return;
  const auto machine = commons_.events.machine();
  const bool was_short = std::exchange(is_short_, !machine.allows_more());
  if (is_short_ && !was_short)
    commons_.log.info(
        "all runners are busy and events wait, but the machine has nothing left for one more: its "
        "load is {:.1f}, and {:.0f} % of its memory are free",
        machine.load, machine.memory_share * 100);
  if (is_short_) return;
  stations_.emplace_back(commons_).start();
  commons_.log.info("all runners are busy and events wait: {} of {}..{} runners now", size(),
                    range().least, range().most);
  idle_timer_->set(kLookAtIdle, [this] { let_go(); });
}

// Events go to the first that is free, so the last is the one that idles.
void Crew::let_go() {
  if (commons_.is_retired || size() <= range().least) return;
  auto& last = stations_.back();
  const auto& slot = last.slot();
  const bool is_idle = slot.is_ready() && slot.pipe().empty();
  if (is_idle && staffing_.wants_fewer(commons_.clock.now(), size(), slot.waits_since())) {
    last.retire();
    commons_.log.info("runner {} was idle: {} of {}..{} runners now", slot.process().pid(),
                      size() - 1, range().least, range().most);
  }
  idle_timer_->set(kLookAtIdle, [this] { let_go(); });
}

void Crew::stop(const std::string& why) {
  for (auto& station : stations_) station.slot().kill(Ending::Stopped, "stopped: " + why);
}

void Crew::end() {
  retire();
  for (auto& station : stations_) station.retire();
  const auto until = commons_.clock.now() + kTeardownTime;
  const auto is_any_alive = [this] {
    return std::any_of(stations_.begin(), stations_.end(),
                       [](const Station& station) { return station.slot().is_alive(); });
  };
  while (commons_.clock.now() < until) {
    for (auto& station : stations_) {
      station.slot().receive();
      station.slot().bury_if_dead();
    }
    if (!is_any_alive()) return;
    arm();
    commons_.io.run_for(50ms);
  }
}

bool Crew::is_any_busy() const {
  return std::any_of(stations_.begin(), stations_.end(),
                     [](const Station& station) { return !station.slot().pipe().empty(); });
}

bool Crew::is_any_idle() const {
  return std::any_of(stations_.begin(), stations_.end(), [](const Station& station) {
    return station.slot().is_ready() && station.slot().pipe().empty() && !station.is_stuck();
  });
}

bool Crew::is_any_sending() const {
  return std::any_of(stations_.begin(), stations_.end(), [](const Station& station) {
    return station.slot().is_alive() && station.slot().process().has_output();
  });
}

int Crew::ready() const {
  return static_cast<int>(
      std::count_if(stations_.begin(), stations_.end(),
                    [](const auto& station) { return station.slot().is_ready(); }));
}

std::vector<RunnerLook> Crew::look() const {
  std::vector<RunnerLook> looks;
  for (const auto& station : stations_) {
    const auto& slot = station.slot();
    if (!slot.is_alive()) continue;
    const Delivery* in_hand = slot.in_hand();
    looks.push_back(
        {slot.process().pid(), in_hand,
         in_hand == nullptr ? 0ns : slot.process().progress().run_time(commons_.clock.now())});
  }
  return looks;
}

std::uint64_t Crew::memory_with_us() const {
  std::uint64_t bytes = resident_bytes(::getpid());
  for (const auto& station : stations_)
    if (station.slot().is_alive()) bytes += resident_bytes(station.slot().process().pid());
  return bytes;
}

}  // namespace actiond
