#include "poller/runners/run_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/byte_size.hpp"
#include "base/duration.hpp"
#include "poller/runners/process_look.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {

using namespace std::chrono_literals;

RunLimits::Doing RunLimits::doing(bool is_heard) const {
  if (slot_.is_loading()) return Doing::Loading;
  if (slot_.in_hand() != nullptr) return Doing::Running;
  if (slot_.owes()) return is_heard ? Doing::Owing : Doing::Nothing;
  // One that takes no more and has nothing left to run should be gone in a moment.
  return !slot_.is_ready() && slot_.pipe().empty() ? Doing::TearingDown : Doing::Nothing;
}

RunLimits::Spell RunLimits::look(bool is_heard) const {
  const auto& process = slot_.process();
  const Doing now = doing(is_heard);
  const bool is_sending = now == Doing::Owing && process.has_output();
  return {now,
          process.pid(),
          process.progress().begun(),
          process.progress().ended(),
          is_sending ? process.sent() : 0,
          slot_.loading()};
}

MonotonicTime RunLimits::began(MonotonicTime now) const {
  switch (spell_.doing) {
    case Doing::Running:
      return now - slot_.process().progress().run_time(now);
    case Doing::Loading:
    case Doing::TearingDown:
      return slot_.waits_since();
    default:
      return now;
  }
}

std::optional<std::string> RunLimits::keep(const Tick& tick, bool is_heard) {
  Spell spell = look(is_heard);
  const bool is_same = spell == spell_;
  spell_ = std::move(spell);
  spent_ = is_same ? spent_ + tick.lived
                   : std::min<std::chrono::nanoseconds>(tick.now - began(tick.now), kMostOfATick);
  if (slot_.process().progress().is_lost())
    slot_.kill(Ending::Crashed,
               "killed: the runner's file in run_dir was cut short, or written over");
  auto why = slot_.is_loading() ? std::nullopt : keep_memory();
  keep_time();
  return why;
}

void RunLimits::keep_time() {
  switch (spell_.doing) {
    case Doing::Loading:
      if (const auto limit = config_.load_timeout.of(spell_.loading); spent_ > limit)
        slot_.kill(Ending::Crashed, too_slow_to_load(limit));
      return;
    case Doing::Owing:
      if (spent_ > kBeginTime)
        slot_.kill(Ending::NotStarted,
                   fmt::format("killed: the runner began nothing of what it was handed for {} s",
                               kBeginTime / 1s));
      return;
    case Doing::TearingDown:
      if (spent_ > kTeardownTime)
        slot_.kill(Ending::Crashed,
                   fmt::format("took longer than {} s to end", kTeardownTime / 1s));
      return;
    case Doing::Running:
      if (const Delivery* delivery = slot_.in_hand()) keep_run_time(*delivery);
      return;
    case Doing::Nothing:
      return;
  }
}

void RunLimits::keep_run_time(const Delivery& delivery) {
  if (spent_ > delivery.timeout + kCancelGrace)
    slot_.kill(Ending::TimedOut,
               fmt::format("timed out: {} ran longer than {}", delivery.message.event,
                           format_duration(delivery.timeout)));
  else if (spent_ > delivery.timeout)
    slot_.process().progress().cancel(slot_.process().progress().begun());
}

// One over its limit is killed, one that has only grown is replaced.
std::optional<std::string> RunLimits::keep_memory() {
  if (!config_.memory_limit && !config_.recycle.memory) return std::nullopt;
  const std::uint64_t held = resident_bytes(slot_.process().pid());
  if (config_.memory_limit && held > *config_.memory_limit) {
    const Delivery* delivery = slot_.in_hand();
    slot_.kill(
        Ending::Crashed,
        fmt::format("killed: the runner held {}{}, memory_limit is {}", format_byte_size(held),
                    delivery != nullptr ? " in " + delivery->message.event : "",
                    format_byte_size(*config_.memory_limit)));
    return std::nullopt;
  }
  if (!config_.recycle.memory || held <= *config_.recycle.memory || !slot_.is_ready())
    return std::nullopt;
  return fmt::format("it holds {}", format_byte_size(held));
}

bool RunLimits::is_stuck() const {
  return spell_.doing == Doing::Owing && spent_ > kSlowRun;
}

std::string too_slow_to_load(std::chrono::milliseconds limit) {
  return fmt::format("took longer than {} to load: raise load_timeout if it has to",
                     format_duration(limit));
}

std::size_t runs_left(const RunnerSlot& slot, const RecyclePolicy& policy) {
  if (!policy.events) return std::numeric_limits<std::size_t>::max();
  const auto most = static_cast<std::uint64_t>(*policy.events);
  return most > slot.ended() ? most - slot.ended() : 0;
}

std::optional<std::string> has_run_enough(const RunnerSlot& slot, const RecyclePolicy& policy) {
  if (!slot.is_ready() || runs_left(slot, policy) > 0) return std::nullopt;
  return fmt::format("it has run {} events", slot.ended());
}

}  // namespace actiond
