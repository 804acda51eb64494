#include "poller/delivery/pace.hpp"

#include <algorithm>
#include <bit>

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kHeldWork = 5ms;
constexpr std::chrono::nanoseconds kPipedWork = 1ms;
constexpr std::chrono::nanoseconds kShortest = 1us;  // no run is free: it is decoded and answered
constexpr long kMostPiped = 64;
constexpr auto kAdjust = 20ms;      // at the least between two changes of the prefetch
constexpr int kFirstPrefetch = 16;  // until a run time is known
constexpr std::size_t kMostHeldUp = 1024;
constexpr int kMostPrefetch = 65535;  // of basic.qos, AMQP 0-9-1

long runs_in(std::chrono::nanoseconds work, std::chrono::nanoseconds each, long most) {
  return std::clamp<long>(static_cast<long>(work / std::max(each, kShortest)), 1, most);
}

// Rounded, and half a run down.
long runs_ahead(std::chrono::nanoseconds work, std::chrono::nanoseconds each) {
  each = std::max(each, kShortest);
  return (work + (each - 1ns) / 2) / each;
}

}  // namespace

// A slower run counts at once for most of it, a faster one slowly: to hold too much hurts others,
// to hold too little costs microseconds.
void Pace::ran(std::chrono::nanoseconds duration) {
  if (!typical_) {
    typical_ = duration;
    return;
  }
  const auto distance = duration - *typical_;
  *typical_ += distance > 0ns ? distance / 4 : distance / 16;
}

void Pace::held_up(std::size_t events) {
  held_up_ = events == 0 ? 0 : static_cast<int>(std::bit_ceil(std::min(events, kMostHeldUp)));
}

int Pace::prefetch() const {
  return std::min(usual_prefetch() + held_up_, kMostPrefetch);
}

int Pace::usual_prefetch() const {
  // Fewer than one for each runner would leave a runner unable to tell whether a queue is empty.
  if (fixed_prefetch_) return std::max(*fixed_prefetch_, runners_ + spare_);
  if (!typical_) return queues_ == action::QueueType::Quorum ? runners_ + spare_ : kFirstPrefetch;
  const long held = runners_ + runs_ahead(kHeldWork * runners_, *typical_);
  return spare_ + static_cast<int>(std::min(held, std::max<long>(most_held_, runners_)));
}

bool Pace::is_too_small(int prefetch_in_force) const {
  const int needed = runners_ + spare_ + held_up_;
  return held_up_ > 0 && prefetch_in_force < std::min(needed, prefetch());
}

bool Pace::is_off(int prefetch_in_force) const {
  const int wanted = prefetch();
  return wanted > 2 * prefetch_in_force || 2 * wanted < prefetch_in_force;
}

bool Pace::is_to_be_adjusted(int prefetch_in_force, MonotonicTime now) {
  const bool is_due = is_off(prefetch_in_force) && now - adjusted_at_ >= kAdjust;
  if (!is_due && !is_too_small(prefetch_in_force)) return false;
  adjusted_at_ = now;
  return true;
}

std::size_t Pace::pipe_depth() const {
  if (!typical_) return 1;
  return static_cast<std::size_t>(runs_in(kPipedWork, *typical_, kMostPiped));
}

}  // namespace actiond
