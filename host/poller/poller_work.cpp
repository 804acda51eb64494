// The poller's decisions on what runs: strict priority, runners' pipes, holding back, time limits.
#include <fmt/format.h>

#include "base/byte_size.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"
#include "client/delay_trip.hpp"
#include "poller/poller.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr auto kHold = 100ms;   // a busy poller keeps nothing from others for longer
constexpr auto kSend = 5s;      // what is still on its way into a runner has not been waiting
constexpr auto kTick = 25ms;    // while something runs
constexpr auto kAdjust = 20ms;  // at the least between two changes of the prefetch

}  // namespace

void Poller::schedule() {
  if (!going_back_to_.empty()) return;
  if (!intake_.is_open()) {
    if (!is_any_idle() || !broker_) return;
    if (auto opened = intake_.open(pace_.prefetch()); !opened) return lose_broker(opened.error());
  }
  adjust_prefetch();
  // What came for a higher queue overtakes what sits in a pipe and has not begun.
  if (const auto highest = intake_.highest_waiting())
    for (auto& place : places_)
      if (place.slot.holds_lower_than(*highest)) place.slot.recall();
  while (RunnerSlot* slot = freest_slot()) {
    DeliveryPointer delivery = intake_.next();
    if (!delivery) return;
    hand(*slot, std::move(delivery));
  }
}

// The ready runner with the emptiest pipe; nullptr if all pipes are full or behind a slow run.
RunnerSlot* Poller::freest_slot() {
  RunnerSlot* freest = nullptr;
  const auto now = places_.size() > 1 ? monotonic_now() : MonotonicTime();
  for (auto& place : places_)
    if (place.slot.is_ready() && place.slot.in_pipe() < pace_.pipe_depth() &&
        (freest == nullptr || place.slot.in_pipe() < freest->in_pipe()) &&
        !is_slow(place.slot, now))
      freest = &place.slot;
  return freest;
}

void Poller::hand(RunnerSlot& slot, DeliveryPointer delivery) {
  is_silence_suspect_ = false;
  if (delivery->message.trail.due_at_ms > 0 && is_early(*delivery))
    return settler_.ended(std::move(delivery));
  if (delivery->message.event.empty()) {
    delivery->outcome = {
        Ending::Malformed, "the message has no type: that property names the event", {}, {}};
    return settler_.ended(std::move(delivery));
  }
  const EventPolicy& policy = policies_.back().of(delivery->message.event);
  delivery->timeout = policy.timeout;
  delivery->attempts = policy.attempts;
  delivery->plugin = policy.plugin;
  if (!policy.is_known()) {
    delivery->outcome = {Ending::Unknown,
                         fmt::format("no plugin provides the event '{}'", delivery->message.event),
                         {},
                         {}};
    return settler_.ended(std::move(delivery));
  }
  if (!slot.is_busy()) {
    last_change_ = monotonic_now();
    journal_.begun(*delivery);
  }
  slot.hand(std::move(delivery));
}

// A delay longer than the broker's delay levels keep: another trip, and no run is spent on it.
bool Poller::is_early(Delivery& delivery) {
  auto& due_at_ms = delivery.message.trail.due_at_ms;
  const auto rest = action::rest_of_delay(due_at_ms, wall_now_ms());
  due_at_ms = 0;
  if (rest.count() > 0) delivery.outcome = {Ending::Snoozed, {}, rest, {}};
  return rest.count() > 0;
}

void Poller::adjust_prefetch() {
  const auto now = monotonic_now();
  if (!pace_.is_off(intake_.prefetch()) || now - last_adjusted_ < kAdjust) return;
  last_adjusted_ = now;
  if (auto reopened = intake_.open(pace_.prefetch()); !reopened) lose_broker(reopened.error());
}

bool Poller::is_any_busy() const {
  for (const auto& place : places_)
    if (place.slot.is_busy()) return true;
  return false;
}

bool Poller::are_all_ready() const {
  for (const auto& place : places_)
    if (!place.slot.is_ready()) return false;
  return true;
}

void Poller::arm_tick() {
  // Runs have limits, loading has, and what waits for a runner that is not there must go back.
  if (is_tick_armed_ || (!is_any_busy() && are_all_ready())) return;
  is_tick_armed_ = true;
  tick_timer_.expires_after(kTick);
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    is_tick_armed_ = false;
    if (!error) tick();
  });
}

void Poller::tick() {
  const auto now = monotonic_now();
  for (auto& place : places_)
    if (place.slot.is_alive()) watch_run(place.slot, now);
  if (state_ == State::Working) hold_if_busy(now);
}

// No runner has become free for a while: what waits here could run elsewhere.
void Poller::hold_if_busy(MonotonicTime now) {
  const auto patience = is_any_sending() ? kSend : kHold;
  if (!intake_.is_open() || is_any_idle() || now - last_change_ < patience) return;
  for (auto& place : places_) place.slot.recall();
  if (auto closed = intake_.close(); !closed) lose_broker(closed.error());
}

// Is a runner idle? A pipe with room is not enough: what is put there waits for the run in hand.
bool Poller::is_any_idle() const {
  for (const auto& place : places_)
    if (place.slot.is_ready() && !place.slot.is_busy()) return true;
  return false;
}

bool Poller::is_any_sending() const {
  for (const auto& place : places_)
    if (place.slot.is_alive() && place.slot.process().has_output()) return true;
  return false;
}

// With other runners beside it, nothing is to wait behind its run in hand.
bool Poller::is_slow(const RunnerSlot& slot, MonotonicTime now) const {
  return places_.size() > 1 && slot.is_alive() && slot.is_running() && slot.run_time(now) > kHold;
}

void Poller::watch_run(RunnerSlot& slot, MonotonicTime now) {
  if (slot.is_loading()) {
    if (now - slot.started_at() > kLoadingTime)
      slot.kill(Ending::Crashed, fmt::format("took longer than {} s to load", kLoadingTime / 1s));
    return;
  }
  if (slot.is_tearing_down() && now - slot.idle_since() > kTeardownTime)
    slot.kill(Ending::Crashed, fmt::format("took longer than {} s to end", kTeardownTime / 1s));
  if (config_.memory_limit || config_.recycle.memory) watch_memory(slot);
  Delivery* delivery = slot.in_hand();
  if (delivery == nullptr) return;
  journal_.begun(*delivery);
  if (slot.in_pipe() > 1 && is_slow(slot, now)) slot.recall();
  const auto run_time = slot.run_time(now);
  if (run_time > delivery->timeout + kCancelGrace)
    slot.kill(Ending::TimedOut,
              fmt::format("timed out: {} ran longer than {}", delivery->message.event,
                          format_duration(delivery->timeout)));
  else if (run_time > delivery->timeout)
    slot.cancel();
}

// A runner over its limit is killed, one that has only grown is replaced between two events.
void Poller::watch_memory(RunnerSlot& slot) {
  const std::uint64_t held = slot.process().resident_bytes();
  if (config_.memory_limit && held > *config_.memory_limit) {
    const Delivery* delivery = slot.in_hand();
    return slot.kill(
        Ending::Crashed,
        fmt::format("killed: the runner held {}{}, memory_limit is {}", format_byte_size(held),
                    delivery != nullptr ? " in " + delivery->message.event : "",
                    format_byte_size(*config_.memory_limit)));
  }
  if (config_.recycle.memory && held > *config_.recycle.memory && slot.is_ready())
    recycle(slot, fmt::format("it holds {}", format_byte_size(held)));
}

void Poller::recycle(RunnerSlot& slot, const std::string& why) {
  log_.info("replacing runner {}: {}", slot.process().pid(), why);
  slot.dismiss();
}

void Poller::start_runner(RunnerSlot& slot) {
  auto& place = place_of(slot);
  place.snapshot = snapshot_;
  if (auto started = slot.start(runner_setup_, config_.broker_variables); !started) {
    if (state_ == State::Loading) return fail_start(started.error());
    if (runner_problem_ != started.error().text) log_.error("{}", started.error().text);
    runner_problem_ = started.error().text;
    return start_runner_later(slot, place.respawn.died(false));
  }
  place.socket_watch = std::make_unique<Watch>(io_, slot.process().socket());
  place.death_watch = std::make_unique<Watch>(io_, slot.process().pidfd());
}

void Poller::start_runner_later(RunnerSlot& slot, std::chrono::milliseconds wait) {
  auto& timer = place_of(slot).respawn_timer;
  timer.expires_after(wait);
  timer.async_wait([this, &slot](const boost::system::error_code& error) {
    if (!error && state_ != State::Leaving && state_ != State::Gone) start_runner(slot);
  });
}

Poller::Place& Poller::place_of(const RunnerSlot& slot) {
  for (auto& place : places_)
    if (&place.slot == &slot) return place;
  std::abort();  // every slot is in a place
}

}  // namespace actiond
