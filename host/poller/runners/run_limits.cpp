#include "poller/runners/run_limits.hpp"

#include <fmt/format.h>

#include "base/byte_size.hpp"
#include "base/duration.hpp"
#include "poller/runners/time_limits.hpp"

namespace actiond {
namespace {

using namespace std::chrono_literals;

void keep_time(RunnerSlot& slot, const Delivery& delivery, MonotonicTime now) {
  const auto run_time = slot.run_time(now);
  if (run_time > delivery.timeout + kCancelGrace)
    slot.kill(Ending::TimedOut,
              fmt::format("timed out: {} ran longer than {}", delivery.message.event,
                          format_duration(delivery.timeout)));
  else if (run_time > delivery.timeout)
    slot.cancel();
}

// One over its limit is killed, one that has only grown is replaced.
std::optional<std::string> keep_memory(RunnerSlot& slot, const Config& config) {
  if (!config.memory_limit && !config.recycle.memory) return std::nullopt;
  const std::uint64_t held = slot.process().resident_bytes();
  if (config.memory_limit && held > *config.memory_limit) {
    const Delivery* delivery = slot.in_hand();
    slot.kill(
        Ending::Crashed,
        fmt::format("killed: the runner held {}{}, memory_limit is {}", format_byte_size(held),
                    delivery != nullptr ? " in " + delivery->message.event : "",
                    format_byte_size(*config.memory_limit)));
    return std::nullopt;
  }
  if (!config.recycle.memory || held <= *config.recycle.memory || !slot.is_ready())
    return std::nullopt;
  return fmt::format("it holds {}", format_byte_size(held));
}

}  // namespace

std::optional<std::string> keep_limits(RunnerSlot& slot, const Config& config, MonotonicTime now) {
  if (slot.is_loading()) {
    if (now - slot.waits_since() > kLoadingTime)
      slot.kill(Ending::Crashed, fmt::format("took longer than {} s to load", kLoadingTime / 1s));
    return std::nullopt;
  }
  if (slot.is_tearing_down() && now - slot.waits_since() > kTeardownTime)
    slot.kill(Ending::Crashed, fmt::format("took longer than {} s to end", kTeardownTime / 1s));
  auto why = keep_memory(slot, config);
  if (const Delivery* delivery = slot.in_hand()) keep_time(slot, *delivery, now);
  return why;
}

std::optional<std::string> has_run_enough(const RunnerSlot& slot, const RecyclePolicy& policy) {
  if (!policy.events || !slot.is_ready() ||
      slot.ended() < static_cast<std::uint64_t>(*policy.events))
    return std::nullopt;
  return fmt::format("it has run {} events", slot.ended());
}

}  // namespace actiond
