#include "poller/delivery/strays.hpp"

#include <algorithm>
#include <utility>

namespace actiond {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kLeastKept = 10min;
constexpr std::size_t kMostKept = 1000;

bool is_copy_of(const Message& copy, QueueIndex queue, const Delivery& delivery) {
  const Message& message = delivery.message;
  return queue == delivery.queue && copy.event == message.event &&
         copy.enqueued_at_s == message.enqueued_at_s &&
         copy.trail.attempt == message.trail.attempt && copy.body == message.body;
}

// Where the broker took the event away because its run was too long for it, the copy that it then
// gave another poller takes as long to come back.
std::chrono::nanoseconds time_kept(const Delivery& ended) {
  return std::max(kLeastKept, ended.outcome.duration);
}

// One without an id of its own comes back without one.
const std::string& id_on_arrival(const Delivery& delivery) {
  static const std::string none;
  return delivery.is_named_here ? none : delivery.message.id;
}

}  // namespace

Strays::~Strays() {
  for (auto& [id, stray] : strays_)
    if (stray.ended) stray.ended->is_settled = true;
}

Strays::Map::iterator Strays::find(const Delivery& delivery) {
  auto [at, end] = strays_.equal_range(id_on_arrival(delivery));
  while (at != end && at->second.delivery != &delivery) ++at;
  return at == end ? strays_.end() : at;
}

void Strays::add(Delivery& running) {
  if (find(running) == strays_.end())
    strays_.emplace(id_on_arrival(running), Stray{&running, {nullptr, {}}, {}});
}

void Strays::keep(DeliveryPointer ended, MonotonicTime now) {
  forget(*ended);
  // Without an id, a later event of the same name and body would look the same: it must run.
  if (ended->is_named_here || kept_ >= kMostKept) return drop(std::move(ended));
  ++kept_;
  Delivery* const delivery = ended.get();
  strays_.emplace(id_on_arrival(*delivery), Stray{delivery, std::move(ended), now});
}

void Strays::forget(const Delivery& returned) {
  if (const auto found = find(returned); found != strays_.end()) strays_.erase(found);
}

Strays::Stray Strays::take(QueueIndex queue, const Message& copy) {
  auto [at, end] = strays_.equal_range(copy.id);
  while (at != end && !is_copy_of(copy, queue, *at->second.delivery)) ++at;
  if (at == end) return {};
  Stray stray = std::move(at->second);
  strays_.erase(at);
  if (stray.ended) --kept_;
  return stray;
}

void Strays::connected(MonotonicTime now) {
  for (auto& [id, stray] : strays_) stray.since = now;
}

void Strays::drop_old(MonotonicTime now) {
  for (auto at = strays_.begin(); at != strays_.end();) {
    const bool is_old = at->second.ended && now - at->second.since >= time_kept(*at->second.ended);
    if (is_old) {
      --kept_;
      drop(std::move(at->second.ended));
    }
    at = is_old ? strays_.erase(at) : std::next(at);
  }
}

void Strays::drop_all() {
  drop_old(MonotonicTime::max());
}

void Strays::drop(DeliveryPointer ended) {
  if (ended->outcome.ending != Ending::Stopped) ended->outcome.ending = Ending::Lost;
  ended->is_settled = true;
  on_dropped_(*ended);
}

}  // namespace actiond
